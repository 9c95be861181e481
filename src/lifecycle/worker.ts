import type { Registry } from 'prom-client';
import type { Clock } from '../domain/clock.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import type { Service } from './service.ts';

const STATUS_MS = 250;

/**
 * Runs a service in a worker process, which does what its primary says: signals are the primary's
 * to act on (a terminal sends Ctrl-C to all of them). Resolves when it has been drained, which it
 * also does by itself once it has `failed`.
 */
export async function runWorker(
  service: Service,
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
  process.on('message', (message: ToWorker) => {
    if (message.type === 'send-metrics') {
      void registry.getMetricsAsJSON().then((metrics) => tell({ type: 'metrics', metrics }));
    } else if (message.type === 'skip-delay') skipDelay.abort();
    else if (message.type === 'reload') void service.reload();
    else drain(message.delayMs);
  });
  const reportStatus = (): void => tell({ type: 'status', report: service.readiness.report });
  const stopReporting = clock.every(STATUS_MS, reportStatus);
  service.readiness.changes.subscribe(reportStatus);

  try {
    const { port } = await service.start();
    tell({ type: 'started', port });
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
