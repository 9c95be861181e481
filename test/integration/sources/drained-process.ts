import { OK, startHarness } from './harness.ts';

/**
 * A process with a source that drains after its first call, and then has nothing left to do. The
 * call is answered, or with the argument `hang` it never is.
 */
const HANG_MS = 100;
const hang = process.argv[2] === 'hang';

const harness = await startHarness({
  answer: () => {
    void harness.source.drain(hang ? HANG_MS : 60_000);
    return hang ? undefined : OK;
  },
});
process.stdout.write(`${harness.port}\n`);
