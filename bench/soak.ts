import { rm } from 'node:fs/promises';
import { Redis as RedisClient } from 'ioredis';
import { createCorpus, describeCorpus } from './corpus/corpus.ts';
import { type Bench, usualCorpus } from './lib/bench.ts';
import { measure } from './lib/measure.ts';
import type { SoakSample } from './lib/result.ts';
import { scrape } from './lib/server-figures.ts';
import { ResultFile } from './lib/store.ts';
import { startSluice } from './lib/subject.ts';
import { failedChecks } from './report/figures.ts';

const RATE = 1_500;
const ROUND_SEC = 20;
const QUICK_ROUND_SEC = 5;
/** Each connection carries so many checks and is replaced. */
const PER_CONNECTION = 1_000;
const QUICK_MINUTES = 1;

/** Memory over time, with tokens that are all new, connections that end and a denylist that changes. */
export async function runSoak(bench: Bench, options: { readonly minutes: number }): Promise<void> {
  const { quick, signal } = bench.options;
  const file = await ResultFile.create('soak', quick);
  const usual = await bench.corpus();
  const roundSec = quick ? QUICK_ROUND_SEC : ROUND_SEC;
  const rounds = Math.ceil(((quick ? QUICK_MINUTES : options.minutes) * 60) / roundSec);
  const client = new RedisClient(bench.redis.port);
  await using server = await startSluice({ settings: bench.settings(usual) });
  const samples: SoakSample[] = [];
  const write = (complete: boolean) => {
    const corpus = `${describeCorpus(usual.corpus)} New tokens every ${roundSec} s.`;
    file.write({ corpus, experiments: [], skipped: [], soak: { samples } }, complete);
  };
  bench.progress.expect(rounds * roundSec);
  const startedAt = performance.now();
  const totals = { checks: 0, distinctTokens: 0, connections: 0, failed: 0 };
  for (let round = 0; round < rounds; round++) {
    const tokens = RATE * roundSec;
    const corpus = createCorpus({ ...usualCorpus(quick), tokens }, `soak-${round}`);
    const ready = await bench.prepare(corpus);
    const load = { loop: 'constant' as const, rate: RATE, connections: 4, streams: 50 };
    const run = await measure(
      { server, beside: { redis: [bench.redis.pid] } },
      {
        ...{ ...load, warmupMs: 0, durationMs: roundSec * 1000, seed: round + 1 },
        ...{ corpus: ready.file, command: bench.generator, address: server.address },
        perConnection: PER_CONNECTION,
      },
      signal,
    );
    await rm(ready.file);
    for (const jti of corpus.revoked) await client.del(`blacklist:${jti}`);
    totals.checks += run.checks;
    totals.distinctTokens += tokens;
    totals.connections += Math.ceil(run.checks / PER_CONNECTION);
    totals.failed += failedChecks(run);
    const { rssMiB = 0, anonMiB = 0 } = run.processes.server ?? {};
    const metrics = await scrape(server.adminUrl as string);
    const heapMiB = (metrics.get('nodejs_heap_size_used_bytes') ?? 0) / 2 ** 20;
    const minute = (performance.now() - startedAt) / 60_000;
    samples.push({ minute, ...totals, rssMiB, anonMiB, heapMiB });
    write(false);
    const line = `${totals.distinctTokens.toLocaleString('en')} tokens, ${Math.round(rssMiB)} MiB`;
    bench.progress.step(roundSec, `${line}, ${totals.failed} failed`);
  }
  client.disconnect();
  write(true);
}
