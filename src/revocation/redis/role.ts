import type { Redis } from 'ioredis';
import { type Reply, saysAbsent, UNEXPECTED_REPLY } from './replies.ts';

/** With which a replica refuses WAIT: it has no code of its own. */
const REFUSED_BY_REPLICA = 'ERR';

/**
 * WAIT: how many replicas have all that this connection wrote, none of which has to. Answered at once,
 * with a number by a master and an error by a replica. Unlike ROLE and HELLO, its reply is short.
 */
export function putRole(client: Redis): Promise<unknown> {
  return client.wait(0, 0);
}

/** Why a server is not known to be a master, by its reply to putRole; undefined: it is one. */
export function roleFaultOf(reply: Reply | undefined): string | undefined {
  if (typeof reply?.value === 'number') return undefined;
  const error = reply?.error ?? UNEXPECTED_REPLY;
  return error === REFUSED_BY_REPLICA ? 'is_replica' : error;
}

/** What may be believed of who is no master: a key that it has is there, one that it has not may be. */
export function believed(reply: Reply, roleFault: string): Reply {
  return saysAbsent(reply) ? { error: roleFault } : reply;
}
