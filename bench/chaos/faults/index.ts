import type { Group } from '../fault.ts';
import { clock } from './clock.ts';
import { failovers } from './failover.ts';
import { allAllowed, network, staleAllowed } from './network.ts';
import { outputs } from './output.ts';
import { peers } from './peers.ts';
import { pauses, replicas, workers } from './process.ts';
import { replies } from './replies.ts';
import { server } from './server.ts';
import { starts } from './start.ts';

/** Every fault there is. */
export const groups: readonly Group[] = [
  ...[server, failovers, network, staleAllowed, allAllowed, replies, starts],
  ...[pauses, replicas, workers, ...outputs, peers, clock],
];
