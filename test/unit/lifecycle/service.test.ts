import { NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { OutcomeSink } from '../../../src/domain/ports.ts';
import { LoopMonitor } from '../../../src/lifecycle/loop-monitor.ts';
import { ReadinessMonitor } from '../../../src/lifecycle/readiness.ts';
import { type DrainOptions, Service } from '../../../src/lifecycle/service.ts';
import { ManualClock } from '../../support/manual-clock.ts';

interface Setup {
  readonly start?: () => Promise<{ readonly port: number }>;
  readonly closeSink?: () => Promise<void>;
}

function build({ start, closeSink }: Setup = {}) {
  const clock = new ManualClock();
  /** What was done, in order. */
  const steps: string[] = [];
  const did = (step: string) => async (): Promise<void> => void steps.push(step);
  const readiness = new ReadinessMonitor({ required: [] }, () => [], clock);
  readiness.changes.subscribe((ready) => steps.push(ready ? 'ready' : 'not ready'));
  const sink = (name: string, close = did(`${name} closed`)): OutcomeSink => ({
    name,
    settled: () => undefined,
    close,
  });
  const service = new Service({
    source: {
      calls: NEVER,
      start: start ?? (async () => ({ port: 50051 })),
      drain: async (timeoutMs) => void steps.push(`source drained in ${timeoutMs}`),
    },
    pipeline: {
      instruments: [],
      component: { name: 'revocation', state: 'ok' },
      serve: (source) => {
        steps.push('pipeline serves');
        return source.calls.subscribe();
      },
    },
    sinks: [sink('first', closeSink), { name: 'plain', settled: () => undefined }, sink('last')],
    readiness,
    loop: new LoopMonitor(clock),
    instruments: () => [],
    policy: { reload: did('policy reloaded') },
    backends: [{ start: () => void steps.push('backends started'), stop: did('backends stopped') }],
    clock,
  });
  const skip = new AbortController();
  const drain = (options: Partial<DrainOptions> = {}) =>
    service.drain({ delayMs: 0, skipDelay: skip.signal, timeoutMs: 10_000, ...options });
  return { service, clock, steps, drain, skip };
}

const DRAINED = ['source drained in 10000', 'first closed', 'last closed', 'backends stopped'];

/** Lets promises that have nothing to wait for go on. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a service', () => {
  it('starts from the back, so that the first check finds everything there', async () => {
    const { service, steps } = build();
    expect(await service.start()).toEqual({ port: 50051 });
    expect(steps).toEqual(['backends started', 'pipeline serves']);
  });

  it('drains from the front, so that no check is lost', async () => {
    const { service, clock, steps, drain } = build();
    await service.start();
    await drain();
    expect(steps.slice(2)).toEqual(['not ready', ...DRAINED]);
    expect(clock.pending).toBe(0);
  });

  it('goes on accepting for the delay, unready', async () => {
    const { clock, steps, drain } = build();
    const drained = drain({ delayMs: 5_000 });
    await turn();
    clock.advance(4_999);
    await turn();
    expect(steps).toEqual(['not ready']);
    clock.advance(1);
    await drained;
    expect(steps).toEqual(['not ready', ...DRAINED]);
  });

  it('can be told to skip what is left of the delay', async () => {
    const { clock, steps, drain, skip } = build();
    const drained = drain({ delayMs: 5_000 });
    clock.advance(1_000);
    skip.abort();
    await drained;
    expect(steps).toEqual(['not ready', ...DRAINED]);
    expect(clock.pending).toBe(0);
  });

  it('can be told so from the start', async () => {
    const { steps, drain, skip } = build();
    skip.abort();
    await drain({ delayMs: 5_000 });
    expect(steps).toEqual(['not ready', ...DRAINED]);
  });

  it('drains once, however often it is told', async () => {
    const { steps, drain } = build();
    await Promise.all([drain(), drain({ timeoutMs: 0 })]);
    await drain();
    expect(steps).toEqual(['not ready', ...DRAINED]);
  });

  it('ends the rest when a sink cannot write out what it has', async () => {
    const { steps, drain } = build({ closeSink: () => Promise.reject(new Error('refused')) });
    await drain();
    expect(steps).toEqual(['not ready', ...DRAINED.filter((step) => step !== 'first closed')]);
  });

  it('that cannot listen says why, and leaves nothing running', async () => {
    const { service, clock, steps } = build({ start: () => Promise.reject(new Error('in use')) });
    await expect(service.start()).rejects.toThrow('in use');
    expect(steps).toContain('backends stopped');
    expect(clock.pending).toBe(0);
  });
});
