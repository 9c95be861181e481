import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis as RedisClient } from 'ioredis';
import { ensureGoProgram } from '../../scripts/lib/go.ts';
import { onPath } from '../../scripts/lib/run.ts';
import { startValkey, type Valkey } from '../../test/support/valkey.ts';
import {
  type BenchAlgorithm,
  type Corpus,
  type CorpusOptions,
  createCorpus,
  writeCorpus,
} from '../corpus/corpus.ts';
import { describeMachine } from './machine.ts';
import { Progress } from './progress.ts';
import { OTHER_CORE, pin } from './subject.ts';
import { type Timing, timingOf } from './timing.ts';

/** HS256, and as many tokens as the plan's load keeps in the cache; fewer, and sooner known, in a hurry. */
export const usualCorpus = (quick: boolean): CorpusOptions => ({
  algorithm: 'HS256',
  tokens: quick ? 2_000 : 10_000,
  revokedShare: 0.01,
  expiredShare: 0,
});

/** Valid tokens of one algorithm. */
export const algorithmCorpus = (algorithm: BenchAlgorithm, tokens: number): CorpusOptions => ({
  ...{ algorithm, tokens, revokedShare: 0, expiredShare: 0 },
});

export interface BenchOptions {
  readonly quick: boolean;
  readonly signal: AbortSignal;
}

/** A corpus on disk, its revocations in Redis. */
export interface ReadyCorpus {
  readonly corpus: Corpus;
  readonly file: string;
}

/** What every benchmark needs: a generator, a Redis, something to ask, and a place to tell. */
export class Bench implements AsyncDisposable {
  readonly options: BenchOptions;
  readonly progress = new Progress();
  readonly timing: Timing;
  readonly redis: Valkey;
  readonly generator: readonly string[];
  readonly #folder: string;
  readonly #corpora = new Map<string, Promise<ReadyCorpus>>();
  #allowAll: Promise<ReadyCorpus> | undefined;

  static async start(options: BenchOptions): Promise<Bench> {
    if (describeMachine().cores < 2) {
      throw new Error('two cores are needed: one for the server, one for the load');
    }
    if (onPath('taskset') === undefined) {
      throw new Error('taskset is not on the PATH; on Debian and Ubuntu: apt install util-linux');
    }
    const source = new URL('../load', import.meta.url).pathname;
    const load = await ensureGoProgram(source, (line) => process.stderr.write(`${line}\n`));
    const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-'));
    const redis = await startValkey({ config: ['maxmemory-policy noeviction'] });
    pin(redis.pid, OTHER_CORE);
    return new Bench(options, redis, ['taskset', '-c', OTHER_CORE, load], folder);
  }

  private constructor(
    options: BenchOptions,
    redis: Valkey,
    generator: readonly string[],
    folder: string,
  ) {
    this.options = options;
    this.timing = timingOf(options.quick);
    this.redis = redis;
    this.generator = generator;
    this.#folder = folder;
  }

  corpus(options = usualCorpus(this.options.quick)): Promise<ReadyCorpus> {
    const name = JSON.stringify(options);
    let ready = this.#corpora.get(name);
    if (ready === undefined) {
      ready = this.prepare(createCorpus(options, `c${this.#corpora.size}`));
      this.#corpora.set(name, ready);
    }
    return ready;
  }

  /** The usual questions, with an allow expected to each: for servers that look at nothing. */
  async allowAll(): Promise<ReadyCorpus> {
    const { corpus } = await this.corpus();
    this.#allowAll ??= this.#write(corpus, true);
    return this.#allowAll;
  }

  /** Writes a corpus and revokes what is revoked in it. */
  async prepare(corpus: Corpus): Promise<ReadyCorpus> {
    const client = new RedisClient(this.redis.port);
    for (const jti of corpus.revoked) await client.set(`blacklist:${jti}`, '1', 'EX', 86_400);
    client.disconnect();
    return this.#write(corpus);
  }

  async #write(corpus: Corpus, allowAll = false): Promise<ReadyCorpus> {
    const file = join(this.#folder, crypto.randomUUID());
    await writeCorpus(corpus, file, allowAll);
    return { corpus, file };
  }

  /** Environment of a Sluice that judges a corpus. */
  settings({ corpus }: ReadyCorpus): Readonly<Record<string, string>> {
    return { ...corpus.settings, AUTH_REDIS_URL: this.redis.url };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.redis[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
