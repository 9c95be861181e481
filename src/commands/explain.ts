import { setTimeout as sleep } from 'node:timers/promises';
import { checkSettings, createRedisDenylist } from '../app.ts';
import { readSettings } from '../config/read.ts';
import type { Settings } from '../config/settings.ts';
import { type ExplainOptions, readExplainOptions } from '../dev/explain-options.ts';
import { explanationOf } from '../dev/explanation.ts';
import { readToken } from '../dev/token-argument.ts';
import type { Call } from '../domain/call.ts';
import { systemClock } from '../domain/clock.ts';
import type { Component, PolicyResolver, RevocationStore } from '../domain/ports.ts';
import { TokenCache } from '../jwt/token-cache.ts';
import { KeySets } from '../key-sets.ts';
import { pipelineOptions } from '../options.ts';
import { createPipeline } from '../pipeline/index.ts';
import { openPolicy } from '../policies.ts';
import { silentLogger } from '../sinks/log/silent.ts';
import { ReplySink } from '../sinks/reply.ts';
import { MemorySource } from '../sources/memory.ts';

/** As `check` has it: a script can tell a denial from a command that failed. */
const EXIT_NOT_ALLOWED = 3;
/** For keys to be fetched, and Redis to be reached. */
const START_TIMEOUT_MS = 5_000;
const POLL_MS = 20;
const BUDGET_MS = 5_000;

const neverRevoked: RevocationStore = {
  lookup: async (queries) => queries.map(() => ({ state: 'not-revoked', asOf: systemClock.now() })),
};

/**
 * Judges one request by the settings of the environment, with the very parts that `serve` has, and
 * prints what each step of it made of it, and no token. Rejects on settings that cannot be used.
 */
export async function explain(options: ExplainOptions): Promise<void> {
  const request = readExplainOptions(options);
  const token = options.token === undefined ? undefined : await readToken(options.token);
  const env = request.redis ? process.env : { AUTH_REDIS_URL: 'redis://not-asked', ...process.env };
  const { settings } = await readSettings(env, checkSettings);
  const tokens = new TokenCache({ maxEntries: 1, maxBytes: settings.TOKEN_CACHE_MAX_BYTES });
  const clock = systemClock;
  const parts = {
    ...{ keySets: new KeySets(clock, silentLogger), tokens, clock },
    revocationMarginSec: settings.REVOCATION_TTL_MARGIN_SEC,
  };
  const policy = await openPolicy(settings, process.env, parts, silentLogger);
  const denylist = request.redis ? createRedisDenylist(settings, clock, withoutClose) : undefined;
  denylist?.askedBy(() => policy.scopes);
  denylist?.start();
  try {
    await untilStarted(() => [...policy.components, ...(denylist ? [denylist.component()] : [])]);
    const call = await judge(
      settings,
      policy,
      denylist?.store ?? neverRevoked,
      request.check(token),
    );
    process.stdout.write(explanationOf(call, request.redis));
    if (call.decision?.spec.result !== 'allow') process.exitCode = EXIT_NOT_ALLOWED;
  } finally {
    policy.stop();
    await denylist?.stop();
  }
}

const withoutClose = Object.assign(Object.create(silentLogger), { instruments: [], close() {} });

async function untilStarted(components: () => readonly Component[]): Promise<void> {
  const end = systemClock.now() + START_TIMEOUT_MS;
  while (components().some(({ state }) => state === 'starting') && systemClock.now() < end) {
    await sleep(POLL_MS);
  }
}

function judge(
  settings: Settings,
  policy: PolicyResolver,
  revocations: RevocationStore,
  check: Call['check'],
): Promise<Call> {
  const clock = systemClock;
  const source = new MemorySource(clock, BUDGET_MS);
  const pipeline = createPipeline(pipelineOptions(settings), {
    ...{ policy, revocations, sinks: [new ReplySink()], clock, logger: silentLogger },
    busyShare: () => 0,
  });
  pipeline.serve(source);
  return new Promise((resolve) => {
    const [call] = source.send([check], { reply: () => resolve(call as Call) });
  });
}
