import { type CallerOptions, PACE_MS } from '../lib/generator.ts';
import type { Load } from '../lib/result.ts';

/*
 * An Envoy whose ext_authz service does not keep up: it obeys the limit on streams, opens one more
 * connection for each worker at a time while checks wait for a stream, lets so many wait, the oldest
 * first, and fails the next one at once; and it cancels a check when its timeout has passed since it
 * was due.
 */

/** What Envoy waits for an answer, by default. */
export const TIMEOUT_MS = 200;

/** Of one Envoy: each has a connection to begin with. */
const WORKERS = 8;
const MAX_CONNECTIONS = 64;
/** What Envoy multiplexes on a connection whose server allows it. */
const STREAMS = 1024;

/**
 * Closed loops, of which the best tells what a server can take: too few in flight do not keep it busy,
 * and of too many it refuses some.
 */
export const closedLoops: readonly Load[] = [3, 8, 25].map((streams) => ({
  ...{ loop: 'closed', connections: WORKERS, streams, paceMs: PACE_MS },
}));

export const openLoop = (rate: number): Load => ({
  ...{ loop: 'poisson', rate: Math.round(rate) },
  ...{ connections: WORKERS, streams: STREAMS, paceMs: PACE_MS },
});

/** With an Envoy's defaults, but for connections: with 1,024 the server's own limit would be what shows. */
export const CALLER: CallerOptions = {
  tellsRefusals: true,
  pool: MAX_CONNECTIONS / WORKERS,
  /** `max_pending_requests` is 1,024 by default, of all workers together. */
  pending: 1_024 / WORKERS,
};

/**
 * As deploy/envoy/envoy.yaml has it, told by its circuit breakers to fail what it cannot send, and to
 * have no more connections than workers: `max_pending_requests` 128 and `max_connections` 8.
 */
export const BRIEF: Partial<CallerOptions> = { pool: 1, pending: 16 };
