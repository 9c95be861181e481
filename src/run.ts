import type { Socket } from 'node:net';
import { collectDefaultMetrics, type Registry } from 'prom-client';
import { Subject } from 'rxjs';
import { createRegistry, mergeMetrics } from './admin/registry.ts';
import { type AdminRoute, AdminServer, type AdminView } from './admin/server.ts';
import { createService, type ServiceContext } from './app.ts';
import { readCgroupLimits, workersFor } from './config/cpu-limit.ts';
import type { Settings } from './config/settings.ts';
import type { Instrument } from './domain/instrument.ts';
import type { Logger } from './domain/ports.ts';
import { Primary } from './lifecycle/primary.ts';
import type { Service } from './lifecycle/service.ts';
import { onReload, onStopSignals, type StopSignals } from './lifecycle/signals.ts';
import { runWorker } from './lifecycle/worker.ts';
import { grpcOptions } from './options.ts';
import { Listener } from './sources/listener.ts';

export interface Ports {
  readonly grpc: number;
  readonly admin: number;
}

export interface RunContext extends ServiceContext {
  /** Aborted when the process is to end because of a fault of its own; absent: that ends it at once. */
  readonly failed?: AbortSignal;
}

/** Hooks of dev mode. */
export interface ServeExtras {
  readonly routes?: Readonly<Record<string, AdminRoute>>;
  /** Called once both ports are up. */
  onListening?(ports: Ports): void;
}

/** Processes to run: WORKERS, or what the limits of the control group allow. */
export function workersOf(settings: Settings): number {
  return settings.WORKERS === 'auto' ? workersFor(readCgroupLimits()) : settings.WORKERS;
}

/** Runs the service in this process until a signal stops it. */
export async function serveAlone(
  settings: Settings,
  context: RunContext,
  extras: ServeExtras = {},
): Promise<void> {
  const signals = onStopSignals(context.failed);
  const service = await createService(settings, context);
  const registry = registryOf(() => service.instruments);
  onReload(() => void service.reload());
  const admin = createAdmin(settings, extras, {
    status: () => service.readiness.report,
    metrics: () => textOf(registry),
  });
  await run(settings, context.logger, signals, admin, extras, {
    start: () => service.start(),
    drain: () => drain(service, settings, signals),
  });
}

/** Runs the service in `workers` processes until a signal stops it; this one is their primary. */
export async function servePrimary(
  settings: Settings,
  workers: number,
  { clock, logger, failed }: Pick<RunContext, 'clock' | 'logger' | 'failed'>,
): Promise<void> {
  const signals = onStopSignals(failed);
  // Whom it hands them to speaks TLS, and HTTP/2.
  const { tls: _, ...addresses } = grpcOptions(settings, false);
  const options = {
    workers,
    drainDelayMs: settings.DRAIN_DELAY_MS,
    drainTimeoutMs: settings.DRAIN_TIMEOUT_MS,
    listen: async (take: (socket: Socket) => void) => {
      const listener = new Listener({ paused: true }, take);
      const bound = await listener.start(addresses, clock, logger);
      return { port: bound, close: () => listener.close() };
    },
  };
  const primary = new Primary(options, clock, logger);
  const own = createRegistry(() => primary.instruments);
  onReload(() => primary.reload());
  const admin = createAdmin(
    settings,
    {},
    {
      status: () => primary.report,
      metrics: async () => {
        const all = [await own.getMetricsAsJSON(), ...(await primary.metrics())];
        return textOf(mergeMetrics(all));
      },
    },
  );
  await run(
    settings,
    logger,
    signals,
    admin,
    {},
    {
      start: () => primary.start(),
      drain: () => primary.drain(signals.impatient),
    },
  );
}

/** Runs the service in a process that a primary has started. */
export async function serveWorker(settings: Settings, context: RunContext): Promise<void> {
  const connections = new Subject<Socket>();
  const service = await createService(settings, { ...context, connections });
  const registry = registryOf(() => service.instruments);
  const { clock, failed } = context;
  await runWorker(service, connections, registry, settings.DRAIN_TIMEOUT_MS, clock, failed);
}

interface Runnable {
  start(): Promise<{ readonly port: number }>;
  drain(): Promise<void>;
}

async function run(
  settings: Settings,
  logger: Logger,
  signals: StopSignals,
  admin: AdminServer,
  extras: ServeExtras,
  service: Runnable,
): Promise<void> {
  try {
    const { port: adminPort } = await named('AUTH_METRICS_PORT', admin.start());
    const { port: grpcPort } = await named('AUTH_GRPC_PORT', service.start());
    const host = settings.BIND_ADDRESS;
    logger.info({ grpc: `${host}:${grpcPort}`, admin: `${host}:${adminPort}` }, 'listening');
    extras.onListening?.({ grpc: grpcPort, admin: adminPort });
    const signal = await signals.received;
    logger.info({ signal }, 'draining');
    await service.drain();
    logger.info({}, 'drained');
  } finally {
    await admin.stop();
  }
}

function drain(service: Service, settings: Settings, { impatient }: StopSignals): Promise<void> {
  return service.drain({
    delayMs: settings.DRAIN_DELAY_MS,
    skipDelay: impatient,
    timeoutMs: settings.DRAIN_TIMEOUT_MS,
  });
}

/** An address that cannot be had is told together with the setting it came from. */
async function named<T>(setting: string, starting: Promise<T>): Promise<T> {
  try {
    return await starting;
  } catch (error) {
    throw new Error(`${setting}: ${(error as Error).message}`);
  }
}

function createAdmin(settings: Settings, { routes }: ServeExtras, view: AdminView): AdminServer {
  const options = { host: settings.BIND_ADDRESS, port: settings.AUTH_METRICS_PORT };
  return new AdminServer(routes === undefined ? options : { ...options, routes }, view);
}

/** Ours, and Node's own. */
function registryOf(instruments: () => readonly Instrument[]): Registry {
  const registry = createRegistry(instruments);
  collectDefaultMetrics({ register: registry });
  return registry;
}

async function textOf(registry: Registry): Promise<{ contentType: string; text: string }> {
  return { contentType: registry.contentType, text: await registry.metrics() };
}
