/**
 * Asks Redis about ids in one of several ways, 64 checks at a time on one connection, for as long as
 * told; prints what it took. Started by lookups.ts, on a core of its own.
 */
import { Redis } from 'ioredis';
import { latencyOf } from '../lib/process-figures.ts';
import { openRevocations } from '../lib/revocations.ts';

const BATCH = 64;
const IDS = 10_000;

/** How many of the ids are revoked. */
type Lookup = (ids: readonly string[]) => Promise<number>;

const count = (results: readonly unknown[]) => results.filter((result) => result === 1).length;

async function single(port: number): Promise<Lookup> {
  const client = new Redis(port);
  return async (ids) => count(await Promise.all(ids.map((id) => client.exists(id))));
}

async function autoPipelined(port: number): Promise<Lookup> {
  const client = new Redis(port, { enableAutoPipelining: true });
  return async (ids) => count(await Promise.all(ids.map((id) => client.exists(id))));
}

async function pipelined(port: number): Promise<Lookup> {
  const client = new Redis(port);
  return async (ids) => {
    const pipeline = client.pipeline();
    for (const id of ids) pipeline.exists(id);
    return count(((await pipeline.exec()) ?? []).map(([, result]) => result));
  };
}

/** As the product does it. */
async function countFirst(port: number): Promise<Lookup> {
  const options = {
    address: { host: '127.0.0.1', port, db: 0, tls: false },
    ...{ readTimeoutMs: 1000, writeTimeoutMs: 1000, probeKey: 'probe', size: 1, minIdle: 1 },
    refused: new Set<never>(),
  };
  const store = await openRevocations(options, '');
  return async (ids) => {
    const verdicts = await store.lookup(ids.map((id) => ({ scope: 'jti', id })));
    return verdicts.filter(({ state }) => state === 'revoked').length;
  };
}

const strategies = { single, autoPipelined, pipelined, countFirst };

const [name, port, prefix, revokedEvery, warmupMs, durationMs] = process.argv.slice(2);
const lookup = await strategies[name as keyof typeof strategies](Number(port));
const every = Number(revokedEvery);
const isRevoked = (i: number) => every > 0 && i % every === 0;
const ids = Array.from({ length: IDS }, (_, i) => `${prefix}${i}`);

let at = 0;
async function ask(): Promise<void> {
  const batch: string[] = [];
  let expected = 0;
  for (let i = 0; i < BATCH; i++, at = (at + 1) % IDS) {
    batch.push(ids[at] as string);
    if (isRevoked(at)) expected++;
  }
  const found = await lookup(batch);
  if (found !== expected) throw new Error(`${found} revoked, ${expected} expected`);
}

async function askFor(ms: number): Promise<number[]> {
  const took: number[] = [];
  for (const end = performance.now() + ms; performance.now() < end; ) {
    const start = performance.now();
    await ask();
    took.push(performance.now() - start);
  }
  return took;
}

await askFor(Number(warmupMs));
process.stdout.write('{"event":"start"}\n');
const cpu = process.cpuUsage();
const start = performance.now();
const took = await askFor(Number(durationMs));
const seconds = (performance.now() - start) / 1000;
const used = process.cpuUsage(cpu);
process.stdout.write('{"event":"end"}\n');
const result = {
  seconds,
  checks: took.length * BATCH,
  cpuSeconds: (used.user + used.system) / 1e6,
  latencyMs: latencyOf(took),
};
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
