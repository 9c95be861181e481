import type { Socket } from 'node:net';
import type { Registry } from 'prom-client';
import type { Observer } from 'rxjs';
import type { Clock } from '../domain/clock.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import type { Service } from './service.ts';

const STATUS_MS = 250;

/**
 * Runs a service in a worker process, which does what its primary says: signals are the primary's
 * to act on (a terminal sends Ctrl-C to all of them), and `connections` are those that the primary
 * hands over. Resolves when it has been drained, which it also does by itself once it has `failed`.
 */
export async function runWorker(
  service: Service,
  connections: Pick<Observer<Socket>, 'next'>,
  registry: Registry,
  drainTimeoutMs: number,
  clock: Clock,
  failed?: AbortSignal,
): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => undefined);
  }
  const drained = Promise.withResolvers<void>();
  const skipDelay = new AbortController();

  const drain = (delayMs: number): void => {
    service
      .drain({ delayMs, skipDelay: skipDelay.signal, timeoutMs: drainTimeoutMs })
      .then(drained.resolve, drained.reject);
    reportStatus();
  };
  failed?.addEventListener('abort', () => drain(0));
  const take = (socket: Socket | undefined): void => {
    const closed = (): void => tell({ type: 'closed' });
    // It may have gone on its way here.
    if (socket === undefined) closed();
    else connections.next(socket.once('close', closed));
  };
  process.on('message', (message: ToWorker, socket?: Socket) => {
    if (message.type === 'connection') take(socket);
    else if (message.type === 'send-metrics') {
      void registry.getMetricsAsJSON().then((metrics) => tell({ type: 'metrics', metrics }));
    } else if (message.type === 'skip-delay') skipDelay.abort();
    else if (message.type === 'reload') void service.reload();
    else drain(message.delayMs);
  });
  const reportStatus = (): void => tell({ type: 'status', report: service.readiness.report });
  const stopReporting = clock.every(STATUS_MS, reportStatus);
  service.readiness.changes.subscribe(reportStatus);

  try {
    await service.start();
    tell({ type: 'started' });
    await drained.promise;
  } catch (error) {
    tell({ type: 'start-failed', error: (error as Error).message });
    await service.drain({ delayMs: 0, skipDelay: skipDelay.signal, timeoutMs: 0 });
  }
  stopReporting();
  process.disconnect();
}

/** A primary that has just ended is not an error of ours: the disconnect that follows ends us too. */
function tell(message: FromWorker): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
