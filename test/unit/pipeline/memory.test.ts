import { describe, expect, it } from 'vitest';
import type { Call } from '../../../src/domain/call.ts';
import type { TokenVerifier } from '../../../src/domain/claims.ts';
import { createPipeline } from '../../../src/pipeline/index.ts';
import { MemorySource } from '../../../src/sources/memory.ts';
import { fakeCheck } from '../../support/calls.ts';
import { survivors } from '../../support/gc.ts';
import { fakeIdentity } from '../../support/identities.ts';
import { RecordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { fakeRequirement } from '../../support/requirements.ts';

const CALLS = 20_000;
/** What may still be around: the lists are pruned when they have doubled, beginning at 1,024. */
const FEW = 3_000;

/** A pipeline with parts that never answer. */
function start(verifier: TokenVerifier) {
  const clock = new ManualClock();
  const requirement = fakeRequirement({ verifier });
  const source = new MemorySource(clock, 100);
  const pipeline = createPipeline(
    {
      admit: { maxInFlight: CALLS },
      latencyTargetMs: 10,
      maxQueueMs: { verification: 50, lookup: 50 },
      refusals: { corsOrigins: [], revokedHttpStatus: 403, failureSignal: 'denied' },
      verify: { perTurn: 4 },
      revoke: { maxSize: 64, maxInFlight: 1, maxAgeMs: 5, maxLookups: 2 },
      outage: { staleMaxMs: 60_000 },
    },
    {
      policy: { resolve: () => requirement },
      revocations: { lookup: () => new Promise(() => undefined) },
      sinks: [],
      clock,
      logger: new RecordingLogger(),
      busyShare: () => 0,
    },
  );
  pipeline.serve(source);
  return { clock, source };
}

const identity = (token: string) => fakeIdentity({ jti: token });

const hangs = () => new Promise<never>(() => undefined);

describe.each<[string, TokenVerifier, (i: number) => string]>([
  ['keys cannot be had, each token once', { peek: () => undefined, verify: hangs }, String],
  ['keys cannot be had, one token', { peek: () => undefined, verify: hangs }, () => 'same'],
  ['the store hangs', { peek: identity, verify: hangs }, String],
])('when %s', (_, verifier, tokenOf) => {
  it.each<[string, (call: Call, clock: ManualClock) => void]>([
    ['gone away', (call) => void call.cancel()],
    ['been answered at their deadline', (_call, clock) => clock.advance(100)],
  ])('calls that have %s leave memory', async (_how, end) => {
    const { clock, source } = start(verifier);
    const refs: WeakRef<object>[] = [];
    for (let i = 0; i < CALLS; i++) {
      const check = fakeCheck({ headers: { authorization: `Bearer ${tokenOf(i)}` } });
      const [call] = source.send([check], { reply: () => undefined });
      refs.push(new WeakRef(call as Call));
      if (i % 100 === 99) end(call as Call, clock);
      else if (_how === 'gone away') call?.cancel();
    }
    expect(await survivors(refs)).toBeLessThan(FEW);
    expect(source.calls.observed).toBe(true); // and so the pipeline was there all the time
  });
});
