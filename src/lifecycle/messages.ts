import type { Metrics } from '../admin/registry.ts';
import type { StatusReport } from '../domain/ports.ts';

/** What the primary process tells a worker. */
export type ToWorker =
  | { readonly type: 'drain'; readonly delayMs: number }
  | { readonly type: 'skip-delay' }
  | { readonly type: 'reload' }
  | { readonly type: 'send-metrics' }
  /** Comes with the socket. */
  | { readonly type: 'connection' };

/** What a worker tells the primary. */
export type FromWorker =
  | { readonly type: 'started' }
  | { readonly type: 'start-failed'; readonly error: string }
  | { readonly type: 'status'; readonly report: StatusReport }
  | { readonly type: 'metrics'; readonly metrics: Metrics }
  /** A connection that it was handed has ended. */
  | { readonly type: 'closed' };
