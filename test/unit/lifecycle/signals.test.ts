import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { onStopSignals } from '../../../src/lifecycle/signals.ts';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Emitted, not sent: the process that runs the tests has handlers of its own. */
const emit = (signal: NodeJS.Signals) => process.emit(signal, signal);

const NOT_FAILED = new AbortController().signal;

const others = new Map<NodeJS.Signals, NodeJS.SignalsListener[]>();
beforeEach(() => {
  for (const signal of SIGNALS) {
    others.set(signal, process.listeners(signal));
    process.removeAllListeners(signal);
  }
});
afterEach(() => {
  for (const signal of SIGNALS) {
    process.removeAllListeners(signal);
    for (const listener of others.get(signal) ?? []) process.on(signal, listener);
  }
});

describe('onStopSignals', () => {
  it('waits for a signal', async () => {
    const { received, impatient } = onStopSignals(NOT_FAILED);
    const first = await Promise.race([received, Promise.resolve('none')]);
    expect(first).toBe('none');
    expect(impatient.aborted).toBe(false);
  });

  it('takes SIGTERM with patience', async () => {
    const { received, impatient } = onStopSignals(NOT_FAILED);
    emit('SIGTERM');
    expect(await received).toBe('SIGTERM');
    expect(impatient.aborted).toBe(false);
  });

  it('takes SIGINT for impatience', async () => {
    const { received, impatient } = onStopSignals(NOT_FAILED);
    emit('SIGINT');
    expect(await received).toBe('SIGINT');
    expect(impatient.aborted).toBe(true);
  });

  it.each(SIGNALS)('takes a second one, %s, for impatience', async (second) => {
    const { received, impatient } = onStopSignals(NOT_FAILED);
    emit('SIGTERM');
    emit(second);
    emit('SIGTERM');
    expect(await received).toBe('SIGTERM');
    expect(impatient.aborted).toBe(true);
  });

  it('stops us, with patience, when we have failed', async () => {
    const failure = new AbortController();
    const { received, impatient } = onStopSignals(failure.signal);
    failure.abort();
    expect(await received).toBe('unhandledRejection');
    expect(impatient.aborted).toBe(false);
  });
});
