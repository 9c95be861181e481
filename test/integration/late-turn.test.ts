import { MessageChannel } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock as clock } from '../../src/domain/clock.ts';
import type { Decision } from '../../src/domain/decision.ts';
import { createPipeline } from '../../src/pipeline/index.ts';
import { ReplySink } from '../../src/sinks/reply.ts';
import { MemorySource } from '../../src/sources/memory.ts';
import { fakeCheck } from '../support/calls.ts';
import { fakeIdentity } from '../support/identities.ts';
import { RecordingLogger } from '../support/logger.ts';
import { fakeRequirement } from '../support/requirements.ts';

const BUDGET_MS = 100;

it('an answer that came while the event loop stood still is taken, though its time has passed', async () => {
  const { port1, port2 } = new MessageChannel();
  onTestFinished(() => port1.close());
  const identity = fakeIdentity();
  const pipeline = createPipeline(
    {
      admit: { maxInFlight: 10 },
      latencyTargetMs: 0,
      maxQueueMs: { verification: BUDGET_MS, lookup: BUDGET_MS },
      refusals: { corsOrigins: [], revokedHttpStatus: 403, failureSignal: 'denied' },
      verify: { perTurn: 1 },
      revoke: { maxSize: 1, maxInFlight: 1, maxAgeMs: 5, maxLookups: 1 },
      outage: { staleMaxMs: 0 },
    },
    {
      policy: {
        resolve: () =>
          fakeRequirement({ verifier: { peek: () => identity, verify: () => identity } }),
      },
      revocations: {
        // As from a socket: read in the turn after, once its timers have run.
        lookup: (queries) =>
          new Promise((resolve) => {
            const asOf = clock.now();
            port1.once('message', () =>
              resolve(queries.map(() => ({ state: 'not-revoked', asOf }))),
            );
            port2.postMessage('');
          }),
      },
      sinks: [new ReplySink()],
      clock,
      logger: new RecordingLogger(),
      busyShare: () => 0,
    },
  );
  const source = new MemorySource(clock, BUDGET_MS);
  pipeline.serve(source);
  const check = fakeCheck({ headers: { authorization: 'Bearer token' } });
  const decision = new Promise<Decision>((resolve) => {
    setImmediate(() => {
      source.send([check], { reply: resolve });
      for (const end = performance.now() + 2 * BUDGET_MS; performance.now() < end; );
    });
  });
  expect((await decision).reason).toBe('success');
});
