import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const HEAP = new URL('../../../src/lifecycle/heap.ts', import.meta.url).href;

/** Keeps 8 MB, each piece long enough to leave the young generation; prints the largest heap in MB. */
const churn = (before: string) => `
  ${before}
  const kept = new Array(10_000);
  let most = 0;
  for (let i = 0; i < 1_000_000; i++) {
    kept[i % kept.length] = new Array(100).fill(i);
    if (i % 1_000 === 0) most = Math.max(most, process.memoryUsage().heapUsed);
  }
  console.log(JSON.stringify({ most: most / 1e6, gc: typeof gc }));
`;

async function largest(before: string): Promise<{ readonly most: number; readonly gc: string }> {
  const { stdout } = await run(process.execPath, [
    '--max-semi-space-size=1',
    '--input-type=module',
    '-e',
    churn(before),
  ]);
  return JSON.parse(stdout);
}

describe('keepHeapSmall', () => {
  it('has garbage collected long before V8 would by itself, and leaves no gc behind', async () => {
    const [usual, kept] = await Promise.all([
      largest(''),
      largest(`(await import(${JSON.stringify(HEAP)})).keepHeapSmall();`),
    ]);
    expect(kept.most).toBeLessThan(usual.most / 3);
    expect(kept.gc).toBe('undefined');
  });
});
