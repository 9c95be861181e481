import { describe } from 'vitest';
import { latency20 } from '../../bench/chaos/faults/network.ts';
import {
  fullDiskRig,
  logOnFullDisk,
  logUnread,
  unreadRig,
} from '../../bench/chaos/faults/output.ts';
import { bigRequests, droppedConnections, slowScrapers } from '../../bench/chaos/faults/peers.ts';
import {
  drained,
  replicasRig,
  standingStill,
  workerKilled,
  workersRig,
} from '../../bench/chaos/faults/process.ts';
import { flushed, passwordChanged } from '../../bench/chaos/faults/server.ts';
import { redisRig } from '../../bench/chaos/rigs.ts';
import { cannotTry, tryFaults } from './tried.ts';

const cannot = await cannotTry();
const patient = { patient: true };

describe.skipIf(cannot)('nobody feels', () => {
  const others = [slowScrapers, droppedConnections, bigRequests];
  const faults = [latency20, passwordChanged, flushed, standingStill(), ...others];
  tryFaults(redisRig, faults, patient);
});

describe.skipIf(cannot)('nobody feels the end of a replica:', () => {
  tryFaults(replicasRig, [drained], patient);
});

describe.skipIf(cannot)('few feel the end of a worker:', () => {
  tryFaults(workersRig, [workerKilled], patient);
});

describe.skipIf(cannot)('nobody feels a log that is not taken:', () => {
  describe('a pipe', () => tryFaults(unreadRig, [logUnread], patient));
  describe('a file', () => tryFaults(fullDiskRig, [logOnFullDisk], patient));
});
