import { Subject } from 'rxjs';
import { readSettings } from '../../src/config/read.ts';
import { Call, type Responder, type Settled } from '../../src/domain/call.ts';
import type { Check } from '../../src/domain/check.ts';
import type { Requirement, TokenVerifier } from '../../src/domain/claims.ts';
import { systemClock } from '../../src/domain/clock.ts';
import { allow } from '../../src/domain/decision.ts';
import type { PolicyResolver, RevocationStore } from '../../src/domain/ports.ts';
import { TokenCache } from '../../src/jwt/token-cache.ts';
import { KeySets } from '../../src/key-sets.ts';
import * as options from '../../src/options.ts';
import { groupCommit } from '../../src/pipeline/group-commit.ts';
import { createPipeline } from '../../src/pipeline/index.ts';
import { createPolicy } from '../../src/policies.ts';
import { silentLogger } from '../../src/sinks/log/silent.ts';
import { MetricsSink } from '../../src/sinks/metrics.ts';
import { ReplySink } from '../../src/sinks/reply.ts';
import { CheckRequest } from '../../src/sources/codec/check-request.ts';
import { encodeCheckResponse, keptCheckResponse } from '../../src/sources/codec/check-response.ts';
import { MemorySource } from '../../src/sources/memory.ts';
import { openRevocations } from '../lib/revocations.ts';

/** What there is to ask, for one algorithm. */
export interface Material {
  readonly env: Readonly<Record<string, string>>;
  readonly tokens: readonly string[];
  /** CheckRequests with these tokens, base64. */
  readonly messages: readonly string[];
}

export interface Part {
  readonly id: string;
  /** Does it for so many checks or more; resolves with how many. */
  work(checks: number): Promise<number>;
}

const clock = systemClock;
const inMemory: RevocationStore = {
  lookup: async (queries) => queries.map(() => ({ state: 'not-revoked' as const, asOf: 0 })),
};

/** `materials`: by algorithm; the one for HS256 is used for all but cold tokens. */
export async function parts(
  materials: Readonly<Record<string, Material>>,
): Promise<readonly Part[]> {
  const usual = materials.HS256 as Material;
  const messages = usual.messages.map((text) => Buffer.from(text, 'base64'));
  const { settings } = await readSettings(usual.env, async () => []);
  const policy = await policyFor(usual);
  const verifier = verifierOf(policy);
  for (const token of usual.tokens) await verifier.verify(token);
  const prefix = settings.REVOCATION_KEY_PREFIX;
  const redis = await openRevocations(options.poolOptions(settings), prefix);
  const decoded = usual.tokens.map(plainCheck);
  const next = <T>(list: readonly T[]) => {
    let at = 0;
    return (): T => list[at++ % list.length] as T;
  };
  const authorization = next(usual.tokens.map((token) => `Bearer ${token}`));
  const message = next(messages);

  const pipeline = (make: () => Check, store: RevocationStore) => {
    const served = servePipeline(settings, policy, store);
    return (checks: number) => served(Array.from({ length: checks }, make));
  };
  const metrics = new MetricsSink();
  const settled = Array.from({ length: 64 }, () => settledCall(decoded[0] as Check));
  const ids = next(usual.tokens.map((_, i) => `id-${i}`));
  const commit = committer(inMemory);
  return [
    each('decode', () => {
      const check = new CheckRequest(message(), { rpcHeader: () => undefined });
      return [check.fault, check.method, check.header('authorization')];
    }),
    // A new string each time, as from the wire: its hash has to be made.
    each('cache-hit', () => verifier.peek(authorization().slice('Bearer '.length), false)),
    {
      id: 'group-commit',
      async work(checks) {
        await commit(Array.from({ length: checks }, ids));
        return checks;
      },
    },
    {
      id: 'metrics',
      async work() {
        metrics.settled(settled);
        return settled.length;
      },
    },
    { id: 'pipeline', work: pipeline(next(decoded), inMemory) },
    {
      id: 'whole',
      work: pipeline(
        () => new CheckRequest(Buffer.from(message()), { rpcHeader: () => undefined }),
        redis,
      ),
    },
    {
      id: 'redis',
      async work(checks) {
        await redis.lookup(Array.from({ length: checks }, () => ({ scope: 'jti', id: ids() })));
        return checks;
      },
    },
    each('encode', () => encodeCheckResponse(anAllow())),
    ...(await Promise.all(Object.entries(materials).map(coldVerify))),
  ];
}

function each(id: string, work: () => unknown): Part {
  return {
    id,
    async work(checks) {
      for (let i = 0; i < checks; i++) work();
      return checks;
    },
  };
}

async function coldVerify([algorithm, material]: [string, Material]): Promise<Part> {
  const verifier = verifierOf(await policyFor(material, 0));
  let at = 0;
  return {
    id: `verify-${algorithm}`,
    async work() {
      const token = material.tokens[at++ % material.tokens.length] as string;
      const outcome = await verifier.verify(token);
      if (outcome.kind !== 'identity') throw new Error(`${algorithm}: ${outcome.kind}`);
      return 1;
    },
  };
}

/** The policy that a service with these settings has. */
async function policyFor({ env }: Material, maxEntries = 50_000): Promise<PolicyResolver> {
  const { settings } = await readSettings(env, async () => []);
  const tokens = new TokenCache({ maxEntries, maxBytes: settings.TOKEN_CACHE_MAX_BYTES });
  const keySets = new KeySets(clock, silentLogger);
  const parts = { keySets, tokens, clock, revocationMarginSec: 0 };
  return createPolicy(options.policyOfSettings(settings), parts);
}

function verifierOf(policy: PolicyResolver): TokenVerifier {
  return (policy.resolve(plainCheck('')) as Requirement).verifier;
}

/** As the product joins it, without a transport; resolves when all of a batch are answered. */
function servePipeline(
  settings: Parameters<typeof options.pipelineOptions>[0],
  policy: PolicyResolver,
  store: RevocationStore,
) {
  const source = new MemorySource(clock, settings.CHECK_BUDGET_MS);
  const sinks = [new ReplySink(), new MetricsSink()];
  createPipeline(options.pipelineOptions(settings), {
    ...{ policy, revocations: store, sinks, clock, logger: silentLogger, busyShare: () => 0 },
  }).serve(source);
  return (checks: readonly Check[]): Promise<number> =>
    new Promise((resolve, reject) => {
      let left = checks.length;
      const responder: Responder = {
        reply(decision) {
          if (decision.spec.result !== 'allow') reject(new Error(decision.reason));
          keptCheckResponse(decision);
          // Out of the turn that answered, as the next bytes from a socket would be.
          if (--left === 0) setImmediate(resolve, checks.length);
        },
      };
      source.send(checks, responder);
    });
}

/** Group commit by itself, over ids. */
function committer(store: RevocationStore) {
  const batches = new Subject<readonly string[]>();
  let done: (() => void) | undefined;
  batches
    .pipe(
      groupCommit<string, string, unknown>(
        {
          ...{ maxSize: 512, maxInFlight: 1, maxAgeMs: 5, maxLookups: 4 },
          open: () => true,
          queries: (id) => [id],
          key: (id) => id,
          lookup: (ids) => store.lookup(ids.map((id) => ({ scope: 'jti', id }))),
          answered: () => true,
          failed: (_, error) => {
            throw error;
          },
        },
        clock,
      ),
    )
    .subscribe(() => done?.());
  return (ids: readonly string[]) =>
    new Promise<void>((resolve) => {
      done = resolve;
      batches.next(ids);
    });
}

function plainCheck(token: string): Check {
  const authorization = `Bearer ${token}`;
  return {
    ...{ fault: undefined, method: 'GET', path: '/', host: 'api.example.com' },
    header: (name) => (name === 'authorization' ? authorization : undefined),
    extensions: [],
    certificateThumbprint: undefined,
    rpcHeader: () => undefined,
  };
}

const anAllow = () => {
  const headers = [['x-user-id', 'user-1'] as const, ['x-auth-provider', 'corporate'] as const];
  return allow('success', headers, []);
};

function settledCall(check: Check): Settled {
  const call = new Call(check, { reply() {} }, 1, 150);
  call.verifyStartedAt = call.lookupStartedAt = 1;
  call.verifyEndedAt = call.lookupEndedAt = call.settledAt = 2;
  call.settle(anAllow());
  return call as Settled;
}
