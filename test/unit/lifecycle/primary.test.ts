import cluster from 'node:cluster';
import { Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { mergeMetrics } from '../../../src/admin/registry.ts';
import { Primary } from '../../../src/lifecycle/primary.ts';
import { RecordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { parseExposition, valueIn } from '../admin/exposition.ts';
import { FakeWorker, metricsOf, report, turn } from './fake-worker.ts';

const OPTIONS = { workers: 2, drainDelayMs: 5_000, drainTimeoutMs: 10_000 };
const PATIENT = new AbortController().signal;

afterEach(() => vi.restoreAllMocks());

/** Where connections come from. */
class FakePort {
  readonly port = 50051;
  /** Why it cannot be had. */
  error: Error | undefined;
  closed = 0;
  #take: ((socket: Socket) => void) | undefined;

  async listen(take: (socket: Socket) => void): Promise<this> {
    if (this.error !== undefined) throw this.error;
    this.#take = take;
    return this;
  }

  get listens(): boolean {
    return this.#take !== undefined && this.closed === 0;
  }

  connect(): Socket {
    const socket = new Socket();
    this.#take?.(socket);
    return socket;
  }

  close(): void {
    this.closed++;
  }
}

/** A primary whose workers are fakes; `forked` has them in order. */
function build(workers = 2) {
  const forked: FakeWorker[] = [];
  vi.spyOn(cluster, 'fork').mockImplementation(() => {
    const worker = new FakeWorker(100 + forked.length);
    forked.push(worker);
    return worker.asWorker;
  });
  vi.spyOn(Math, 'random').mockReturnValue(1);
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const port = new FakePort();
  const listen = (take: (socket: Socket) => void) => port.listen(take);
  const primary = new Primary({ ...OPTIONS, workers, listen }, clock, logger);
  const worker = (index: number) => forked[index] as FakeWorker;
  return { primary, forked, worker, clock, logger, port };
}

/** One that serves. */
async function start(workers = 2) {
  const built = build(workers);
  const started = built.primary.start();
  for (const worker of built.forked) worker.serve(true);
  await started;
  await turn();
  return built;
}

/** Answers a scrape with these counts, one for each worker that is asked. */
async function scrape({ primary, forked }: Awaited<ReturnType<typeof start>>, ...counts: number[]) {
  const asked = primary.metrics();
  const alive = forked.filter(({ connected }) => connected);
  alive.forEach((worker, i) => {
    worker.say({ type: 'metrics', metrics: metricsOf(counts[i] ?? 0) });
  });
  return readOf(await asked);
}

async function readOf(metrics: Awaited<ReturnType<Primary['metrics']>>) {
  const families = parseExposition(await mergeMetrics(metrics).metrics());
  return [valueIn(families, 'checks_total'), valueIn(families, 'in_flight')];
}

describe('the start', () => {
  it('is one of all workers', async () => {
    const { primary, forked, worker, port } = build();
    const started = primary.start();
    expect(forked).toHaveLength(2);
    worker(0).serve(true);
    await turn();
    expect([primary.report.ready, port.listens]).toEqual([false, false]);
    worker(1).serve(true);
    expect(await started).toMatchObject({ port: 50051 });
    expect(port.listens).toBe(true);
    expect(primary.report).toMatchObject({ ready: true, degraded: false });
  });

  it('fails when one of them cannot start, once all have ended', async () => {
    const { primary, worker, clock } = build();
    const started = primary.start();
    const failed = expect(started).rejects.toThrow('cannot listen');
    worker(0).serve(true);
    worker(1).say({ type: 'start-failed', error: 'cannot listen' });
    await turn();
    expect(worker(0).told).toContainEqual({ type: 'drain', delayMs: 0 });
    worker(1).end(0);
    worker(0).end(0);
    await failed;
    expect(clock.pending).toBe(0);
  });

  it('fails when it cannot listen, once all have ended', async () => {
    const { primary, worker, clock, port } = build();
    port.error = new Error('cannot listen');
    const failed = expect(primary.start()).rejects.toThrow('cannot listen');
    for (const index of [0, 1]) worker(index).serve(true);
    await turn();
    for (const index of [0, 1]) {
      expect(worker(index).told).toContainEqual({ type: 'drain', delayMs: 0 });
      worker(index).end(0);
    }
    await failed;
    expect(clock.pending).toBe(0);
  });
});

describe('a connection', () => {
  it('goes to the worker that has fewest', async () => {
    const { worker, port } = await start();
    for (let i = 0; i < 5; i++) port.connect();
    expect([worker(0).handed.length, worker(1).handed.length]).toEqual([3, 2]);
    for (let i = 0; i < 3; i++) worker(0).say({ type: 'closed' });
    for (let i = 0; i < 2; i++) port.connect();
    expect([worker(0).handed.length, worker(1).handed.length]).toEqual([5, 2]);
  });

  it('goes to none that has not started, hangs, drains by itself or has ended', async () => {
    const { worker, clock, port } = await start(4);
    clock.advance(3_000);
    for (const index of [1, 2, 3]) worker(index).serve(true);
    clock.advance(1);
    worker(1).say({ type: 'status', report: { ...report(false), draining: true } });
    worker(2).end(null, 'SIGKILL');
    await turn();
    clock.advance(100);
    worker(4).say({ type: 'status', report: report(false) });
    for (let i = 0; i < 3; i++) expect(port.connect().destroyed).toBe(false);
    expect([0, 1, 2, 3, 4].map((index) => worker(index).handed.length)).toEqual([0, 0, 0, 3, 0]);
  });

  it('is closed at once when there is nobody to take it', async () => {
    const { worker, port } = await start();
    for (const index of [0, 1]) worker(index).end(70);
    expect(port.connect().destroyed).toBe(true);
  });
});

describe('the state', () => {
  it('is starting until all workers were ready once', async () => {
    const { primary, worker } = build();
    const started = primary.start();
    worker(0).serve(true);
    worker(1).serve(false, 'starting');
    await started;
    expect(primary.report).toEqual({
      ready: false,
      degraded: false,
      draining: false,
      components: [
        { name: 'workers', state: 'ok', detail: '2 of 2' },
        { name: 'redis', state: 'starting', detail: '4 of 4' },
      ],
    });
  });

  it('is ready and degraded while a worker is missing, even if nobody asked before', async () => {
    const { primary, worker } = await start();
    worker(0).end(null, 'SIGKILL');
    await turn();
    expect(primary.report).toMatchObject({ ready: true, degraded: true });
    expect(primary.report.components[0]).toEqual({
      name: 'workers',
      state: 'degraded',
      detail: '1 of 2',
    });
  });

  it('is ready and degraded while a worker hangs', async () => {
    const { primary, worker, clock } = await start();
    clock.advance(2_999);
    worker(1).serve(true);
    clock.advance(2);
    expect(primary.report).toMatchObject({ ready: true, degraded: true });
    expect(primary.report.components[0]).toMatchObject({ state: 'degraded', detail: '1 of 2' });
    worker(0).serve(true);
    expect(primary.report).toMatchObject({ ready: true, degraded: false });
  });

  it('kills a worker that has hung for half a minute, so that it is replaced', async () => {
    const { primary, worker, forked, clock, logger } = await start();
    for (let seconds = 0; seconds < 29; seconds++) {
      worker(1).serve(true);
      clock.advance(1_000);
    }
    expect(worker(0).killedBy).toEqual([]);
    worker(1).serve(true);
    clock.advance(2_000);
    expect(worker(0).killedBy).toContain('SIGKILL');
    expect(worker(1).killedBy).toEqual([]);
    expect(logger.text).toContain('worker hangs; it is killed');
    worker(0).end(null, 'SIGKILL');
    await turn();
    clock.advance(1_000);
    expect(forked).toHaveLength(3);
    forked[2]?.serve(true);
    expect(primary.report).toMatchObject({ ready: true, degraded: false });
  });

  it('kills no worker for what it could not hear while it stood still itself', async () => {
    const { worker, clock, port } = await start();
    const reportAll = () => {
      for (const index of [0, 1]) worker(index).serve(true);
    };
    reportAll();
    clock.spend(32_000);
    clock.advance(0); // timers come first
    expect(port.connect().destroyed).toBe(false);
    reportAll();
    clock.advance(5_000);
    expect([worker(0).killedBy, worker(1).killedBy]).toEqual([[], []]);
    clock.advance(30_000);
    expect(worker(0).killedBy).toContain('SIGKILL');
  });

  it('kills a worker that hangs also when it is late itself all the time', async () => {
    const { worker, clock } = await start();
    for (let time = 0; time < 30; time++) {
      clock.spend(5_000);
      clock.advance(0);
    }
    expect(worker(0).killedBy).toContain('SIGKILL');
  });

  it('is unready when no worker is ready', async () => {
    const { primary, worker } = await start();
    worker(0).serve(false, 'degraded');
    expect(primary.report).toMatchObject({ ready: true, degraded: true });
    worker(1).serve(false, 'degraded');
    expect(primary.report.ready).toBe(false);
  });

  it('names each component once, as the worker has it that is worst off', async () => {
    const { primary, worker } = await start();
    worker(1).serve(true, 'degraded');
    worker(0).serve(true, 'ok');
    const [, ...parts] = primary.report.components;
    expect(parts).toEqual([{ name: 'redis', state: 'degraded', detail: '4 of 4' }]);
    expect(primary.report.degraded).toBe(true);
  });

  it('counts the workers that serve', async () => {
    const { primary, worker } = await start();
    const [gauge] = primary.instruments;
    const read = () => (gauge?.type === 'gauge' ? gauge.read() : Number.NaN);
    expect(read()).toBe(2);
    worker(0).end(1);
    expect(read()).toBe(1);
  });
});

describe('a worker that ends', () => {
  it('is replaced, later each time', async () => {
    const { forked, clock, worker } = await start();
    const waits: number[] = [];
    for (let index = 1; waits.length < 10; index++) {
      worker(index).end(70);
      await turn();
      let waited = 0;
      for (; forked.length === index + 1; waited += 50) clock.advance(50);
      waits.push(waited);
      worker(index + 1).serve(true);
      await turn();
    }
    expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000]);
  });

  it('is replaced soon again when it had served for a while', async () => {
    const { forked, clock, worker } = await start();
    for (const index of [1, 2, 3]) {
      worker(index).end(70);
      await turn();
      clock.advance(1_000);
      await turn();
    }
    expect(forked).toHaveLength(5);
    clock.advance(60_001);
    worker(4).end(70);
    await turn();
    clock.advance(100);
    expect(forked).toHaveLength(6);
  });

  it('is told of, with what is known of the cause', async () => {
    const { logger, worker, clock } = await start();
    worker(0).end(null, 'SIGKILL');
    await turn();
    expect(logger.lines).toEqual([
      {
        level: 'error',
        message: 'worker ended; it will be replaced',
        fields: { 'process.pid': 100, exitCode: null, signal: 'SIGKILL', restartInMs: 100 },
      },
    ]);
    clock.advance(100);
    worker(2).say({ type: 'start-failed', error: 'cannot listen' });
    worker(2).end(0);
    await turn();
    expect(logger.lines[1]?.fields).toMatchObject({ exitCode: 0, error: 'cannot listen' });
  });

  it('has served as well: its counts are kept, its gauges are not', async () => {
    const started = await start();
    expect(await scrape(started, 10, 5)).toEqual([15, 2]);
    started.worker(0).end(null, 'SIGKILL');
    await turn();
    expect(await scrape(started, 6)).toEqual([16, 1]);
    started.clock.advance(100);
    started.worker(2).serve(true);
    expect(await scrape(started, 7, 1)).toEqual([18, 2]);
  });

  it('is not counted twice when it ends during a scrape', async () => {
    const started = await start();
    await scrape(started, 10, 5);
    const asked = started.primary.metrics();
    started.worker(0).end(null, 'SIGKILL');
    await turn();
    started.worker(1).say({ type: 'metrics', metrics: metricsOf(5) });
    expect((await readOf(await asked))[0]).toBe(15);
  });

  it('loses no counts when another one ends with it', async () => {
    const started = await start(3);
    await scrape(started, 10, 5, 1);
    started.worker(0).end(null, 'SIGKILL');
    started.worker(1).end(null, 'SIGKILL');
    await turn();
    expect(await scrape(started, 2)).toEqual([17, 1]);
  });
});

describe('the drain', () => {
  it('is one of all workers, and over when they have ended', async () => {
    const { primary, worker, clock } = await start();
    let over = false;
    const drained = primary.drain(PATIENT).then(() => (over = true));
    for (const index of [0, 1]) {
      expect(worker(index).told).toEqual([{ type: 'drain', delayMs: 5_000 }]);
    }
    expect(primary.report).toMatchObject({ ready: false, degraded: false, draining: true });
    worker(0).end(0);
    await turn();
    expect(over).toBe(false);
    worker(1).end(0);
    await drained;
    expect(clock.pending).toBe(0);
  });

  it('goes on accepting for the delay, or until it is told to hurry', async () => {
    const patient = await start();
    void patient.primary.drain(PATIENT);
    for (const index of [0, 1]) {
      patient.worker(index).say({ type: 'status', report: { ...report(false), draining: true } });
    }
    patient.port.connect();
    expect([patient.worker(0).handed.length, patient.port.closed]).toEqual([1, 0]);
    patient.clock.advance(5_000);
    expect(patient.port.closed).toBe(1);
    const hurried = await start();
    const impatience = new AbortController();
    void hurried.primary.drain(impatience.signal);
    impatience.abort();
    expect(hurried.port.closed).toBe(1);
  });

  it('accepts no more when all have ended before the delay did', async () => {
    const { primary, worker, clock, port } = await start();
    const drained = primary.drain(PATIENT);
    for (const index of [0, 1]) worker(index).end(null, 'SIGKILL');
    await drained;
    expect([port.listens, clock.pending]).toEqual([false, 0]);
  });

  it('replaces nobody', async () => {
    const { primary, forked, worker, clock } = await start();
    const drained = primary.drain(PATIENT);
    worker(0).end(70);
    worker(1).end(0);
    await drained;
    clock.advance(60_000);
    expect(forked).toHaveLength(2);
  });

  it('also ends the wait for a replacement, which would keep the process alive', async () => {
    const { primary, forked, worker, clock } = await start();
    worker(0).end(70);
    await turn();
    const drained = primary.drain(PATIENT);
    worker(1).end(0);
    await drained;
    expect(clock.pending).toBe(0);
    clock.advance(60_000);
    expect(forked).toHaveLength(2);
  });

  it('passes on impatience, then or later', async () => {
    const later = await start();
    const impatience = new AbortController();
    void later.primary.drain(impatience.signal);
    impatience.abort();
    expect(later.worker(0).told.at(-1)).toEqual({ type: 'skip-delay' });
    const first = await start();
    void first.primary.drain(AbortSignal.abort());
    expect(first.worker(0).told).toEqual([{ type: 'drain', delayMs: 0 }]);
  });

  it('kills what does not end in time', async () => {
    const { primary, worker, clock } = await start();
    void primary.drain(PATIENT);
    worker(0).end(0);
    await turn();
    clock.advance(5_000 + 10_000);
    expect(worker(1).killedBy).toEqual([]);
    clock.advance(2_000);
    expect(worker(1).killedBy).toEqual(['SIGKILL']);
  });
});
