import { describe } from 'vitest';
import { clockRig, jumpAhead, jumpAndCut } from '../../bench/chaos/faults/clock.ts';
import { cannotTry, tryFaults } from './tried.ts';

describe.skipIf(await cannotTry())('the wall clock jumps', () => {
  tryFaults(clockRig, [jumpAhead, jumpAndCut]);
});
