import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WorkerHandle } from '../../../src/lifecycle/worker-handle.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { FakeWorker, metricsOf, report, turn } from './fake-worker.ts';

function start(pid: number | undefined = 4711) {
  const worker = new FakeWorker(pid);
  const clock = new ManualClock();
  let reports = 0;
  const handle = new WorkerHandle(worker.asWorker, clock, () => void reports++);
  return { worker, clock, handle, reports: () => reports };
}

describe('a worker', () => {
  it('has started once it says so', async () => {
    const { worker, handle } = start();
    worker.say({ type: 'started' });
    await handle.started;
    expect(handle.pid).toBe(4711);
  });

  it('could not start when it says so, and why', async () => {
    const { worker, handle } = start();
    worker.say({ type: 'start-failed', error: 'cannot listen' });
    await expect(handle.started).rejects.toThrow('cannot listen');
    expect(handle.startError).toBe('cannot listen');
  });

  it.each<[number | null, string | null, string]>([
    [70, null, 'ended with exit code 70 before it served'],
    [null, 'SIGKILL', 'ended with SIGKILL before it served'],
  ])('could not start when it ends before (%s, %s)', async (code, signal, why) => {
    const { worker, handle } = start();
    worker.end(code, signal);
    await expect(handle.started).rejects.toThrow(why);
    expect(await handle.exited).toEqual({ code, signal });
  });

  it('has the state it last reported, and none once it has ended', () => {
    const { worker, handle, reports } = start();
    expect(handle.report).toBeUndefined();
    worker.say({ type: 'status', report: report(false) });
    worker.say({ type: 'status', report: report(true) });
    expect(handle.report).toEqual(report(true));
    expect(reports()).toBe(2);
    worker.end(0);
    expect(handle.report).toBeUndefined();
  });

  it('serves once it has started, until it says nothing any more, or has ended', () => {
    const { worker, clock, handle } = start();
    expect(handle.serves).toBe(false);
    worker.say({ type: 'started' });
    expect(handle.serves).toBe(true);
    clock.advance(3_001);
    expect(handle.serves).toBe(false);
    worker.say({ type: 'status', report: report(true) });
    expect(handle.serves).toBe(true);
    worker.end(0);
    expect(handle.serves).toBe(false);
  });

  it('has the connections that it was handed, until it says that they have ended', () => {
    const { worker, handle } = start();
    handle.hand(new Socket());
    handle.hand(new Socket());
    expect(handle.connections).toBe(2);
    worker.say({ type: 'closed' });
    expect(handle.connections).toBe(1);
  });

  it('has a connection to itself once it has been sent', () => {
    const { worker, handle } = start();
    const socket = new Socket();
    handle.hand(socket);
    expect(socket.destroyed).toBe(false);
    worker.handed[0]?.();
    expect(socket.destroyed).toBe(true);
  });

  it('leaves none open that was on its way when it ended', () => {
    const { worker, handle } = start();
    const sockets = [new Socket(), new Socket()];
    for (const socket of sockets) handle.hand(socket);
    worker.end(null, 'SIGKILL');
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true, true]);
  });

  it('has no state while it hangs, for as long as it says nothing', () => {
    const { worker, clock, handle } = start();
    worker.say({ type: 'status', report: report(true) });
    clock.advance(3_000);
    expect(handle.report).toEqual(report(true));
    clock.advance(1);
    expect(handle.report).toBeUndefined();
    worker.say({ type: 'status', report: report(true) });
    expect(handle.report).toEqual(report(true));
  });

  it('is told nothing once it cannot hear', () => {
    const { worker, handle } = start();
    handle.tell({ type: 'skip-delay' });
    worker.connected = false;
    handle.tell({ type: 'skip-delay' });
    expect(worker.told).toEqual([{ type: 'skip-delay' }]);
  });

  it('may be ending just when it is told something', async () => {
    const { worker, handle } = start();
    worker.emit('error', new Error('write EPIPE'));
    worker.end(null, 'SIGKILL');
    expect(await handle.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('has ended when no process could be made', async () => {
    const worker = new FakeWorker(undefined);
    const handle = new WorkerHandle(worker.asWorker, new ManualClock(), () => undefined);
    worker.emit('error', new Error('spawn EAGAIN'));
    expect(await handle.exited).toEqual({ code: null, signal: null });
    await expect(handle.started).rejects.toThrow();
  });

  it('is killed by what cannot be ignored', () => {
    const { worker, handle } = start();
    handle.kill();
    expect(worker.killedBy).toEqual(['SIGKILL']);
  });
});

describe('the metrics of a worker', () => {
  it('are asked for, and fresh', async () => {
    const { worker, clock, handle } = start();
    expect(handle.metrics).toEqual([]);
    const refreshed = handle.refreshMetrics(1_000);
    expect(worker.told).toEqual([{ type: 'send-metrics' }]);
    worker.say({ type: 'metrics', metrics: metricsOf(1) });
    await refreshed;
    expect(handle.metrics).toEqual(metricsOf(1));
    expect(clock.pending).toBe(0);
  });

  it('are shared by those who ask at the same time, none of whom waits for longer', async () => {
    const { worker, handle } = start();
    const scrapes = [1, 2, 3].map(() => handle.refreshMetrics(1_000));
    expect(worker.told).toHaveLength(1);
    worker.say({ type: 'metrics', metrics: metricsOf(1) });
    await Promise.all(scrapes);
    void handle.refreshMetrics(1_000);
    expect(worker.told).toHaveLength(2);
  });

  it('are the last ones when it does not answer in time', async () => {
    const { worker, clock, handle } = start();
    worker.say({ type: 'metrics', metrics: metricsOf(1) });
    const refreshed = handle.refreshMetrics(1_000);
    clock.advance(1_000);
    await refreshed;
    expect(handle.metrics).toEqual(metricsOf(1));
  });

  it('are the last ones when it ends meanwhile, or has ended', async () => {
    const { worker, handle } = start();
    worker.say({ type: 'metrics', metrics: metricsOf(1) });
    const refreshed = handle.refreshMetrics(1_000);
    worker.end(1);
    await refreshed;
    await handle.refreshMetrics(1_000);
    expect(handle.metrics).toEqual(metricsOf(1));
    await turn();
  });
});
