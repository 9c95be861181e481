import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { serveScript } from '../../../bench/lib/subject.ts';
import { missing } from '../../support/tools.ts';
import { startValkey } from '../../support/valkey.ts';

const SCRIPT = new URL('promoted.ts', import.meta.url).pathname;
/** Its 31 keys alone are more; what an ioredis pipeline leaves is 3,400. */
const MAX_LEFT_BYTES = 1_000;

describe.skipIf(missing('valkey'))('a lookup of several commands', () => {
  it('is gone with the next minor collection of the heap', async () => {
    await using valkey = await startValkey();
    const { flags } = await serveScript();
    const args = [...flags, SCRIPT, `${valkey.port}`];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 });
    expect(Number(stdout)).toBeLessThan(MAX_LEFT_BYTES);
  });
});
