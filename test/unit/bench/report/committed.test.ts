import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildReport, readResults } from '../../../../bench/report/index.ts';

const RESULTS = new URL('../../../../bench/results', import.meta.url).pathname;

it('the page and the summary in the repository are what the results give', async () => {
  const { html, markdown } = buildReport(await readResults(RESULTS));
  expect(await readFile(join(RESULTS, 'summary.md'), 'utf8')).toBe(markdown);
  expect((await readFile(join(RESULTS, 'report.html'), 'utf8')) === html).toBe(true);
});
