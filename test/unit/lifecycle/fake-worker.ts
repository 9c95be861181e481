import type { Worker } from 'node:cluster';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { Metrics } from '../../../src/admin/registry.ts';
import type { ComponentState, StatusReport } from '../../../src/domain/ports.ts';
import type { FromWorker, ToWorker } from '../../../src/lifecycle/messages.ts';

/** A worker process without the process: says what the test has it say. */
export class FakeWorker extends EventEmitter {
  readonly told: ToWorker[] = [];
  /** Connections on their way to it; each is called when it has been sent. */
  readonly handed: (() => void)[] = [];
  readonly process: { pid: number | undefined; kill: (signal: string) => void };
  readonly killedBy: string[] = [];
  connected = true;

  constructor(pid: number | undefined) {
    super();
    this.process = { pid, kill: (signal) => void this.killedBy.push(signal) };
  }

  get asWorker(): Worker {
    return this as unknown as Worker;
  }

  isConnected(): boolean {
    return this.connected;
  }

  send(message: ToWorker, socket?: Socket, _options?: object, sent?: () => void): void {
    if (socket === undefined) this.told.push(message);
    else this.handed.push(sent as () => void);
  }

  say(message: FromWorker): void {
    this.emit('message', message);
  }

  /** Serves, and is as ready as it says. */
  serve(ready: boolean, redis: ComponentState = 'ok'): void {
    this.say({ type: 'started' });
    this.say({ type: 'status', report: report(ready, redis) });
  }

  end(code: number | null, signal: string | null = null): void {
    this.connected = false;
    this.emit('exit', code, signal);
  }
}

export function report(ready: boolean, redis: ComponentState = 'ok'): StatusReport {
  const components = [{ name: 'redis', state: redis, detail: '4 of 4' }];
  return { ready, degraded: redis === 'degraded', draining: false, components };
}

/** What a worker that has counted so many checks, of which one is open, gives. */
export function metricsOf(checks: number): Metrics {
  const values = (value: number) => [{ value, labels: {} }];
  return [
    { name: 'checks_total', help: 'a', type: 'counter', aggregator: 'sum', values: values(checks) },
    { name: 'in_flight', help: 'b', type: 'gauge', aggregator: 'sum', values: values(1) },
  ] as unknown as Metrics;
}

/** Lets promises that have nothing to wait for go on. */
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
