import { describe, expect, it } from 'vitest';
import type { Gauge } from '../../../src/domain/instrument.ts';
import type { Component, ComponentState } from '../../../src/domain/ports.ts';
import { ReadinessMonitor } from '../../../src/lifecycle/readiness.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function start(required: readonly string[] = ['event_loop']) {
  const states: Record<string, ComponentState> = { redis: 'starting', event_loop: 'ok' };
  const components = (): Component[] =>
    Object.entries(states).map(([name, state]) => ({ name, state }));
  const clock = new ManualClock();
  const monitor = new ReadinessMonitor({ required }, components, clock);
  const changes: boolean[] = [];
  monitor.changes.subscribe((ready) => changes.push(ready));
  const set = (name: string, state: ComponentState): void => {
    states[name] = state;
    clock.advance(100);
  };
  return { monitor, clock, changes, set };
}

describe('ReadinessMonitor', () => {
  it('shows each part as a metric: 1 while it is ok, and 0 else', () => {
    const { monitor, set } = start();
    const health = () =>
      monitor.instruments.map(({ about, ...instrument }) => {
        expect(about).toMatchObject({ name: 'ext_authz_component_healthy', merge: 'min' });
        return [about.labels?.component, (instrument as Gauge).read()];
      });
    expect(health()).toEqual([
      ['redis', 0],
      ['event_loop', 1],
    ]);
    set('redis', 'ok');
    expect(health()).toEqual([
      ['redis', 1],
      ['event_loop', 1],
    ]);
    for (const state of ['degraded', 'stopped'] as const) {
      set('redis', state);
      expect(health()).toEqual([
        ['redis', 0],
        ['event_loop', 1],
      ]);
    }
  });

  it('is ready once every part has been up', () => {
    const { monitor, set, changes } = start();
    expect(monitor.ready).toBe(false);
    expect(monitor.report).toMatchObject({ ready: false, degraded: false, draining: false });
    set('redis', 'ok');
    expect(monitor.ready).toBe(true);
    expect(monitor.report).toMatchObject({ ready: true, degraded: false });
    expect(changes).toEqual([true]);
  });

  it('is ready at once where everything is up at once', () => {
    const clock = new ManualClock();
    const up: Component[] = [{ name: 'denylist', state: 'ok' }];
    expect(new ReadinessMonitor({ required: [] }, () => up, clock).ready).toBe(true);
  });

  it('stays ready, and degraded, when a part fails that is not required', () => {
    const { monitor, set, changes } = start();
    set('redis', 'ok');
    set('redis', 'degraded');
    expect(monitor.report).toMatchObject({ ready: true, degraded: true });
    set('redis', 'ok');
    expect(monitor.report).toMatchObject({ ready: true, degraded: false });
    expect(changes).toEqual([true]);
  });

  it('does not start over with a part that does', () => {
    const { monitor, set, changes } = start();
    set('redis', 'ok');
    set('redis', 'starting');
    expect(monitor.ready).toBe(true);
    expect(changes).toEqual([true]);
  });

  it('is unready while a required part is not up, and ready again', () => {
    const { monitor, set, changes } = start(['event_loop', 'redis']);
    set('redis', 'ok');
    set('redis', 'degraded');
    expect(monitor.report).toMatchObject({ ready: false, degraded: true });
    set('redis', 'ok');
    set('event_loop', 'degraded');
    set('event_loop', 'ok');
    expect(changes).toEqual([true, false, true, false, true]);
  });

  it('is unready for good once it drains', () => {
    const { monitor, set, changes } = start();
    set('redis', 'ok');
    monitor.drain();
    monitor.drain();
    set('redis', 'degraded');
    set('redis', 'ok');
    expect(monitor.report).toMatchObject({ ready: false, draining: true });
    expect(changes).toEqual([true, false]);
  });

  it('may drain before it was ever ready, without a change to tell', () => {
    const { monitor, changes } = start();
    monitor.drain();
    expect(monitor.ready).toBe(false);
    expect(changes).toEqual([]);
  });

  it('reports what is, not what was at the last tick', () => {
    let state: ComponentState = 'starting';
    const parts = (): Component[] => [{ name: 'redis', state, detail: '4 of 4 connections' }];
    const monitor = new ReadinessMonitor({ required: [] }, parts, new ManualClock());
    state = 'ok';
    expect(monitor.report).toEqual({
      ready: true,
      degraded: false,
      draining: false,
      components: [{ name: 'redis', state: 'ok', detail: '4 of 4 connections' }],
    });
  });

  it('leaves no timer, and completes, when it is stopped', () => {
    const { monitor, clock } = start();
    let completed = false;
    monitor.changes.subscribe({ complete: () => (completed = true) });
    monitor.stop();
    expect(clock.pending).toBe(0);
    expect(completed).toBe(true);
  });
});
