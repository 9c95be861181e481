import type { Clock } from '../domain/clock.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { Component, Logger } from '../domain/ports.ts';
import type { Algorithm } from './algorithms.ts';
import type { FetchKeys } from './fetch-keys.ts';
import { JwksReader, type SetKey } from './jwks.ts';
import type { KeyCacheFile } from './key-cache-file.ts';
import { KeyReport } from './key-report.ts';
import { KeyRing } from './key-ring.ts';
import { KeySearch } from './key-search.ts';
import type { KeySet, Search, TrustedKey, Verdict } from './key-set.ts';
import { KeySetError, wordsOf } from './key-set-error.ts';
import { Refresher } from './refresher.ts';

export interface RemoteKeySetOptions {
  /** What logs, metrics and /ready call it: the issuer. */
  readonly name: string;
  readonly fetch: FetchKeys;
  readonly algorithms: readonly Algorithm[];
  /** Seconds that the clock of the issuer may be off. */
  readonly clockSkewSec: number;
  /** For how many ms keys are used after they were last fetched, 1 to 2^31 - 1. */
  readonly staleMaxMs: number;
  /** Keeps a copy for a start while the issuer is down. */
  readonly cache?: KeyCacheFile;
}

/** For how long keys hold when the issuer does not say, and at least, and at most. */
const USUAL_MAX_AGE_SEC = 600;
const MIN_MAX_AGE_SEC = 60;
const MAX_MAX_AGE_SEC = 3_600;

/**
 * The keys of an issuer, fetched from it.
 *
 *     refresher ──▶ fetch ──▶ parse ──▶ ring ──▶ candidates
 *         ▲                             ▲  └───▶ copy on disk
 *       search                          └─────── copy on disk, when the first fetch fails
 *
 * Keys stay in use while the issuer is down, up to `staleMaxMs`. Then they are given up, and with
 * them every token that they signed.
 */
export class RemoteKeySet implements KeySet {
  readonly #options: RemoteKeySetOptions;
  readonly #clock: Clock;
  readonly #reader: JwksReader;
  readonly #ring = new KeyRing();
  readonly #refresher: Refresher;
  readonly #searches: KeySearch;
  readonly #report: KeyReport;
  /** When the keys were asked for, in ms of Clock.now; undefined: the issuer has not given any. */
  #fetchedFrom: number | undefined;
  /** Whether there have been keys, be it from the copy. */
  #hasBegun = false;
  #wasCopyTried = false;
  #stopped = false;
  #cancelExpiry = (): void => undefined;
  #saving: Promise<void> | undefined;

  constructor(options: RemoteKeySetOptions, clock: Clock, logger: Logger) {
    this.#options = options;
    this.#reader = new JwksReader({ algorithms: options.algorithms, allowSecrets: false });
    this.#clock = clock;
    this.#refresher = new Refresher((signal) => this.#load(signal), clock);
    this.#report = new KeyReport(options.name, this.#ring, clock, logger);
    this.#searches = new KeySearch({
      ring: this.#ring,
      refresher: this.#refresher,
      report: this.#report,
      clock,
      clockSkewSec: options.clockSkewSec,
      lagSec: 0,
    });
  }

  get instruments(): readonly Instrument[] {
    return this.#report.instruments;
  }

  get component(): Component {
    return this.#report.component;
  }

  /** Fetches for the first time; whether that succeeds is for `component` to tell. */
  start(): void {
    this.#refresher.attempt();
  }

  /** Whoever waits for keys is told that there are none to be had. What is there stays. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#report.stopped();
    this.#cancelExpiry();
    await this.#refresher.stop();
    await this.#saving;
  }

  candidates(kid: string | undefined, algorithm: Algorithm): readonly TrustedKey[] {
    return this.#ring.candidates(kid, algorithm);
  }

  search(
    kid: string | undefined,
    algorithm: Algorithm,
    issuedAt: number | undefined,
  ): Search | Promise<Search> {
    return this.#givenUp() ?? this.#searches.search(kid, algorithm, issuedAt, this.#fetchedFrom);
  }

  verdict(issuedAt: number | undefined): Verdict | undefined {
    return this.#givenUp() ?? this.#searches.verdict(issuedAt, this.#fetchedFrom);
  }

  /** Nobody waits for an issuer that is not asked any more, or has been away for so long. */
  #givenUp(): Verdict | undefined {
    if (this.#stopped) return this.#report.searched('unavailable');
    if (!this.#hasBegun || this.#ring.size > 0) return undefined;
    this.#searches.nudge();
    return this.#report.searched('unavailable');
  }

  async #load(signal: AbortSignal): Promise<number> {
    const from = this.#clock.now();
    try {
      const { body, maxAgeSec = USUAL_MAX_AGE_SEC } = await this.#options.fetch(signal);
      const parsed = await this.#reader.read(body);
      if (signal.aborted) throw new KeySetError('stopped');
      this.#fetchedFrom = from;
      this.#report.succeeded(parsed, from, this.#use(parsed.keys, from));
      this.#saveCopy(parsed.jwks, from);
      const holdsSec = Math.min(Math.max(maxAgeSec, MIN_MAX_AGE_SEC), MAX_MAX_AGE_SEC);
      return Math.min(holdsSec * 1000, this.#options.staleMaxMs);
    } catch (error) {
      if (!signal.aborted) {
        this.#report.failed(wordsOf(error));
        await this.#useCopyOnce();
      }
      throw error;
    }
  }

  /** Whether these are other keys than before. */
  #use(keys: readonly SetKey[], from: number): boolean {
    this.#hasBegun = true;
    this.#cancelExpiry();
    const ageMs = this.#clock.now() - from;
    this.#cancelExpiry = this.#clock.after(this.#options.staleMaxMs - ageMs, () => {
      this.#ring.replace([]);
      this.#report.expired();
    });
    return this.#ring.replace(keys);
  }

  async #useCopyOnce(): Promise<void> {
    if (this.#hasBegun || this.#wasCopyTried) return;
    this.#wasCopyTried = true;
    try {
      const copy = await this.#options.cache?.read();
      if (copy === undefined) return;
      const ageMs = (this.#clock.epochSeconds() - copy.fetchedAt) * 1000;
      if (ageMs < 0) throw new KeySetError('from the future');
      if (ageMs >= this.#options.staleMaxMs) throw new KeySetError('too old');
      const { keys } = await this.#reader.read(copy.body);
      if (this.#stopped) return;
      const from = this.#clock.now() - ageMs;
      this.#use(keys, from);
      this.#report.copied(from);
    } catch (error) {
      this.#report.copyNotRead(wordsOf(error));
    }
  }

  #saveCopy(jwks: readonly object[], from: number): void {
    const agoSec = Math.ceil((this.#clock.now() - from) / 1000);
    const written = this.#options.cache?.write(jwks, this.#clock.epochSeconds() - agoSec);
    this.#saving = written?.then(
      () => this.#report.copyWritten(undefined),
      (error) => this.#report.copyWritten(wordsOf(error)),
    );
  }
}
