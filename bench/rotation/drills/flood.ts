import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type GeneratorResult, generate } from '../../lib/generator.ts';
import { latencyOf } from '../../lib/process-figures.ts';
import type { Load } from '../../lib/result.ts';
import { count, type Drill, type Scene, tookMs } from '../drill.ts';
import { writeFlood } from '../flood-corpus.ts';
import type { Entry } from '../ledger.ts';
import { keyRig } from '../rig.ts';
import { FETCH_EVERY_MS } from './rotation.ts';

export interface FloodTiming {
  /** Tokens/s, of which each names a key of its own. */
  readonly rate: number;
  readonly rounds: number;
  /** For how long good tokens are asked about before it. */
  readonly quietMs: number;
}

/**
 * So long the tokens of a round are taken for just issued: from AUTH_CLOCK_SKEW_SEC (5 s) before their
 * `iat` until a fetch is newer than that by as much and a second.
 */
const ROUND_MS = 7_000;
const AHEAD_SEC = 3;
const GAP_MS = 1_000;
const FETCH_BURST = 3;
/** Until both sides have been compiled; and the same of what refuses the flood. */
const WARM_MS = 3_000;
const SETTLE_MS = 1_500;
/** Of what is asked for: the generator has what the others leave of its core. */
const LEAST_SHARE = 0.5;

/** Tokens that name random keys, far more than of all others, and issued just now as far as they say. */
export function flood(timing: FloodTiming, generator: readonly string[]): Drill {
  const { rate, rounds, quietMs } = timing;
  const floodMs = rounds * (ROUND_MS + GAP_MS);
  return {
    name: 'flood of unknown keys',
    about: `${rate.toLocaleString('en')} tokens/s, each by a key of its own that nobody has, for ${rounds * (ROUND_MS / 1000)} s.`,
    forged: 'none',
    seconds: (WARM_MS + quietMs + floodMs) / 1000,
    start: () => keyRig(),
    async run(scene) {
      const { rig, ledger, signal } = scene;
      const folder = await mkdtemp(join(tmpdir(), 'sluice-flood-'));
      try {
        await sleep(WARM_MS, undefined, { signal });
        const quietAt = performance.now();
        await sleep(quietMs, undefined, { signal });
        const floodAt = performance.now();
        const results: GeneratorResult[] = [];
        const fetchesBefore = rig.provider.fetchedAt.length;
        const windows: (readonly [number, number])[] = [];
        for (let round = 0; round < rounds; round++) {
          const corpus = join(folder, String(round));
          const issuedAt = Math.floor(Date.now() / 1000) + AHEAD_SEC;
          const tokens = (rate * ROUND_MS) / 1000;
          await writeFlood({ issuer: rig.provider.issuer, tokens, issuedAt }, corpus);
          const from = performance.now();
          results.push(await ask(scene, rate, corpus, generator));
          windows.push([from + SETTLE_MS, performance.now()]);
          await rm(corpus);
        }
        const endedAt = performance.now();
        await scene.stop();

        const quiet = ledger.between(quietAt, floodAt);
        const beside = windows.flatMap(([from, to]) => ledger.between(from, to));
        const [p99, quietP99] = [p99Of(beside), p99Of(quiet)];
        const fetches = rig.provider.fetchedAt.length - fetchesBefore;
        const budget = FETCH_BURST + Math.ceil((endedAt - floodAt) / FETCH_EVERY_MS);
        const reached = results.map(
          ({ checks, failed, seconds }) => (checks + (failed.refused ?? 0)) / seconds,
        );
        const sum = (kind: string) =>
          results.reduce((all, { failed }) => all + (failed[kind] ?? 0), 0);
        return [
          {
            text: 'answered',
            unit: '/s',
            found: Math.min(...reached),
            atLeast: rate * LEAST_SHARE,
          },
          { text: 'of these 401', found: results.reduce((all, { checks }) => all + checks, 0) },
          { text: 'of these 503', found: sum('refused') },
          { text: 'allowed, or answered otherwise', found: sum('wrong'), atMost: 0 },
          { text: 'fetches', found: fetches, atLeast: 1, atMost: budget },
          {
            text: 'good tokens that failed',
            found: count(ledger.entries, ({ grade }) => grade !== 'right'),
            atMost: 0,
          },
          { text: 'p99 of good tokens before', unit: 'ms', found: quietP99 },
          { text: 'p99 of good tokens beside it', unit: 'ms', found: p99 },
          { text: 'of that before', unit: 'x', found: p99 / quietP99, atMost: 2 },
        ];
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

const p99Of = (entries: readonly Entry[]): number => latencyOf(entries.map(tookMs)).p99;

function ask(
  { rig, signal }: Scene,
  rate: number,
  corpus: string,
  command: readonly string[],
): Promise<GeneratorResult> {
  const load: Load = { loop: 'constant', rate, connections: 4, streams: 256 };
  return generate(
    {
      ...load,
      ...{ corpus, address: rig.address, warmupMs: 0, durationMs: ROUND_MS },
      command,
      caller: { tellsRefusals: true },
    },
    () => undefined,
    signal,
  );
}
