import { expect, it } from 'vitest';
import type { Call } from '../../../src/domain/call.ts';
import { allow } from '../../../src/domain/decision.ts';
import { MemorySource } from '../../../src/sources/memory.ts';
import { fakeCheck, RecordingResponder } from '../../support/calls.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const OK = allow('success', [], []);

function start() {
  const clock = new ManualClock();
  const source = new MemorySource(clock, 150);
  const batches: (readonly Call[])[] = [];
  const ends: number[] = [];
  source.calls.subscribe({
    next: (batch) => batches.push(batch),
    complete: () => ends.push(clock.now()),
  });
  return { clock, source, batches, ends };
}

it('sends checks as one batch of open calls', async () => {
  const { clock, source, batches } = start();
  expect(await source.start()).toEqual({ port: 0 });
  const checks = [fakeCheck({ path: '/a' }), fakeCheck({ path: '/b' })];
  const calls = source.send(checks, new RecordingResponder());
  expect(batches).toEqual([calls]);
  expect(calls.map(({ check }) => check)).toEqual(checks);
  expect(calls.every(({ open }) => open)).toBe(true);
  clock.advance(10);
  source.send([fakeCheck({})], new RecordingResponder());
  expect(batches.map((batch) => batch.length)).toEqual([2, 1]);
});

it('gives a call its budget from its arrival', () => {
  const { clock, source } = start();
  clock.advance(7);
  const [call] = source.send([fakeCheck({})], new RecordingResponder());
  expect(call?.arrivedAt).toBe(clock.now());
  expect(call?.deadline).toBe(clock.now() + 150);
});

it('leads the reply to whoever sent the check', () => {
  const { source } = start();
  const responder = new RecordingResponder();
  const [call] = source.send([fakeCheck({})], responder);
  call?.responder.reply(OK);
  expect(responder.replies).toEqual([OK]);
});

it('completes with the drain, once, and sends nothing after it', async () => {
  const { clock, source, batches, ends } = start();
  await source.drain();
  await source.drain();
  expect(ends).toEqual([clock.now()]);
  source.send([fakeCheck({})], new RecordingResponder());
  expect(batches).toEqual([]);
});
