import { describe, expect, it } from 'vitest';
import { LoopMonitor } from '../../../src/lifecycle/loop-monitor.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** A clock whose timers run as late as they are told to, as those of a busy loop do. */
class LateClock extends ManualClock {
  #task: () => void = () => {};
  #everyMs = 0;
  running = false;

  override every(ms: number, task: () => void): () => void {
    this.#everyMs = ms;
    this.#task = task;
    this.running = true;
    return () => {
      this.running = false;
    };
  }

  /** Node.js counts the next period from when the timer ran, not from when it was due. */
  tick(lateMs: number, times = 1): void {
    for (let i = 0; i < times; i++) {
      this.advance(this.#everyMs + lateMs);
      this.#task();
    }
  }
}

function start() {
  const clock = new LateClock();
  const monitor = new LoopMonitor(clock);
  const [lag] = monitor.instruments;
  return { clock, monitor, lag: () => (lag?.type === 'gauge' ? lag.read() : Number.NaN) };
}

describe('LoopMonitor', () => {
  it('is ok, and on time, from the start', () => {
    const { clock, monitor, lag } = start();
    expect(monitor.component).toEqual({ name: 'event_loop', state: 'ok', detail: '0 ms late' });
    clock.tick(0, 100);
    expect(monitor.component.state).toBe('ok');
    expect(lag()).toBe(0);
  });

  it.each([100, 1_000, 1_900])('bears a single stall of %i ms', (ms) => {
    const { clock, monitor } = start();
    clock.tick(ms);
    expect(monitor.component.state).toBe('ok');
  });

  it('is degraded by a stall of more than two seconds', () => {
    const { clock, monitor } = start();
    clock.tick(2_100);
    expect(monitor.component).toMatchObject({ state: 'degraded', detail: '210 ms late' });
  });

  it('is degraded by being late all the time, and by less not', () => {
    const { clock, monitor, lag } = start();
    clock.tick(190, 100);
    expect(monitor.component.state).toBe('ok');
    clock.tick(300, 30);
    expect(monitor.component.state).toBe('degraded');
    expect(lag()).toBeGreaterThan(0.2);
    expect(lag()).toBeLessThan(0.3);
  });

  it('recovers only when it is well on time again', () => {
    const { clock, monitor } = start();
    clock.tick(2_500);
    expect(monitor.component.state).toBe('degraded');
    clock.tick(100, 100);
    expect(monitor.component.state).toBe('degraded');
    clock.tick(0, 10);
    expect(monitor.component.state).toBe('ok');
    clock.tick(150, 100);
    expect(monitor.component.state).toBe('ok');
  });

  it('takes a timer that runs early for one on time', () => {
    const { clock, lag } = start();
    clock.tick(-5, 10);
    expect(lag()).toBe(0);
  });

  it('states that the worst worker speaks for all', () => {
    const [gauge] = start().monitor.instruments;
    expect(gauge?.about).toMatchObject({ name: 'ext_authz_event_loop_lag_seconds', merge: 'max' });
  });

  it('can be stopped', () => {
    const { clock, monitor } = start();
    monitor.stop();
    expect(clock.running).toBe(false);
  });
});
