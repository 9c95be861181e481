import { describe } from 'vitest';
import { demoted, failoverRig } from '../../bench/chaos/faults/failover.ts';
import { blackHole, unreachable } from '../../bench/chaos/faults/network.ts';
import { killed, lockedOut, stopped } from '../../bench/chaos/faults/server.ts';
import { absent, absentRig } from '../../bench/chaos/faults/start.ts';
import { redisRig } from '../../bench/chaos/rigs.ts';
import { cannotTry, tryFaults } from './tried.ts';

const cannot = await cannotTry();

describe.skipIf(cannot)('Redis goes away and comes back', () => {
  tryFaults(redisRig, [stopped, killed, lockedOut, blackHole, unreachable]);
});

describe.skipIf(cannot)('another server takes over', () => {
  tryFaults(failoverRig, [demoted(2_500)]);
});

describe.skipIf(cannot)('Redis comes later than Sluice', () => {
  tryFaults(absentRig, [absent]);
});
