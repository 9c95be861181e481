import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readResults, writeReport } from '../../../../bench/report/index.ts';
import { allResults, ladder, resultOf, runOf } from './fixture.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'report-'));
});
afterEach(() => rm(folder, { recursive: true }));

const put = (file: string, content: unknown) =>
  writeFile(join(folder, file), typeof content === 'string' ? content : JSON.stringify(content));

describe('readResults', () => {
  it('reads what was written, in the order of the benches', async () => {
    for (const result of allResults) await put(`${result.bench}.json`, result);
    await put('notes.txt', 'not a result');
    expect(await readResults(folder)).toEqual(allResults);
  });

  it('names the file that is not JSON', async () => {
    await put('ladder.json', '{');
    await expect(readResults(folder)).rejects.toThrow(/ladder\.json is not JSON: /);
  });

  it('tells what is wrong in a file', async () => {
    await put('soak.json', { ...ladder, schema: 2, bench: 'race', quick: 'no' });
    await expect(readResults(folder)).rejects.toThrow(
      /soak\.json is not a result of a benchmark:.*schema.*bench.*quick/s,
    );
    await put('soak.json', resultOf('soak', { experiments: [{ id: 'e' }] as never }));
    await expect(readResults(folder)).rejects.toThrow(/experiments\[0\]\.variants/);
  });

  it('takes null for a pause that JSON could not hold', async () => {
    const run = runOf({ rps: 1 });
    const endless = { ...run, server: { ...run.server, gcMaxPauseMs: Number.POSITIVE_INFINITY } };
    const variant = { ...ladder.experiments[0]?.variants[0], runs: [endless] };
    const experiment = { ...ladder.experiments[0], variants: [variant] };
    await put('ladder.json', { ...ladder, experiments: [experiment] });
    const [read] = await readResults(folder);
    expect(read?.experiments[0]?.variants[0]?.runs[0]).toEqual(endless);
  });
});

describe('writeReport', () => {
  it('writes the same two files each time', async () => {
    await put('ladder.json', ladder);
    const written = async () => {
      await writeReport(folder);
      return Promise.all(
        ['report.html', 'summary.md'].map((file) => readFile(join(folder, file), 'utf8')),
      );
    };
    const first = await written();
    expect(first[0]).toMatch(/^<!doctype html>/);
    expect(first[1]).toMatch(/^# What was measured/);
    expect(await written()).toEqual(first);
  });
});
