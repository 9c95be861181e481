import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Subject } from './agreement.ts';
import { type Fault, faults } from './faults.ts';
import { agreement } from './hostile.ts';

const CODEC = join(import.meta.dirname, '..', '..', 'src', 'sources', 'codec');
/** Ten times what any of the faults needs (measured with six seeds: at most 1,700 runs). */
const RUNS = 20_000;
/** Fixed: whether a fault is found must not depend on luck. */
const SEED = 1;

/** The decoder in a copy of the codec, whose imports from outside are of types only. */
async function decoderWith(folder: string, fault: Fault | undefined): Promise<Subject> {
  await cp(CODEC, folder, { recursive: true });
  if (fault !== undefined) {
    const file = join(folder, fault.file);
    const pieces = (await readFile(file, 'utf8')).split(fault.text);
    if (pieces.length !== 2) throw new Error(`${fault.file} has not one '${fault.text}'`);
    await writeFile(file, pieces.join(fault.replacement));
  }
  const url = pathToFileURL(join(folder, 'check-request.ts')).href;
  const { CheckRequest } = await import(/* @vite-ignore */ url);
  return (bytes) => new CheckRequest(bytes, { rpcHeader: () => undefined });
}

async function isFound(fault: Fault | undefined): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-fault-'));
  try {
    const property = agreement(await decoderWith(folder, fault));
    return fc.check(property, { numRuns: RUNS, seed: SEED, endOnFailure: true }).failed;
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('the fuzzer', () => {
  it('finds no fault where none was planted', async () => {
    expect(await isFound(undefined)).toBe(false);
  });

  it.each(faults)('finds out when $name', async (fault) => {
    expect(await isFound(fault)).toBe(true);
  });

  it('does not take a fault for planted whose place has gone', async () => {
    const fault = { name: '', file: 'fields.ts', text: 'no such text', replacement: '' };
    await expect(isFound(fault)).rejects.toThrow("fields.ts has not one 'no such text'");
  });
});
