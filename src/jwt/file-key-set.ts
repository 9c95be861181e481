import { readFile } from 'node:fs/promises';
import type { Clock } from '../domain/clock.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { Component, Logger } from '../domain/ports.ts';
import type { Algorithm } from './algorithms.ts';
import { JwksReader } from './jwks.ts';
import { KeyReport } from './key-report.ts';
import { KeyRing } from './key-ring.ts';
import { KeySearch } from './key-search.ts';
import type { KeySet, Search, TrustedKey, Verdict } from './key-set.ts';
import { wordsOf } from './key-set-error.ts';
import { Refresher } from './refresher.ts';

export interface FileKeySetOptions {
  /** What logs, metrics and /ready call it: the issuer. */
  readonly name: string;
  /** Of a JWK Set; secrets may be in it. */
  readonly path: string;
  readonly algorithms: readonly Algorithm[];
  /** Seconds that the clock of the issuer may be off. */
  readonly clockSkewSec: number;
}

/** Mounted files are swapped as symbolic links, which file watching misses: they are re-read. */
const REREAD_MS = 10_000;
/** Kubernetes brings a Secret that has changed into a pod within about a minute and a half. */
const MOUNT_LAG_SEC = 120;

/**
 * Keys in a file, which is followed, and read at once for a key that it may have been given since.
 * While it cannot be used, the keys that it had stay in use.
 */
export class FileKeySet implements KeySet {
  readonly #options: FileKeySetOptions;
  readonly #clock: Clock;
  readonly #reader: JwksReader;
  readonly #ring = new KeyRing();
  readonly #refresher: Refresher;
  readonly #searches: KeySearch;
  readonly #report: KeyReport;
  /** What the file held when it could last be used, and when that was, in ms of Clock.now. */
  #current: Buffer | undefined;
  #readFrom: number | undefined;
  #fault: unknown;

  constructor(options: FileKeySetOptions, clock: Clock, logger: Logger) {
    this.#options = options;
    this.#clock = clock;
    this.#reader = new JwksReader({ algorithms: options.algorithms, allowSecrets: true });
    this.#refresher = new Refresher(() => this.#load(), clock, REREAD_MS);
    this.#report = new KeyReport(options.name, this.#ring, clock, logger);
    this.#searches = new KeySearch({
      ring: this.#ring,
      refresher: this.#refresher,
      report: this.#report,
      clock,
      clockSkewSec: options.clockSkewSec,
      lagSec: MOUNT_LAG_SEC,
    });
  }

  get instruments(): readonly Instrument[] {
    return this.#report.instruments;
  }

  get component(): Component {
    return this.#report.component;
  }

  /** Rejects, with an error that names the file, when no keys can be had from it. */
  async start(): Promise<void> {
    if (await this.#refresher.attempt().done) return;
    await this.#refresher.stop();
    throw new Error(`no keys in ${this.#options.path}: ${wordsOf(this.#fault)}`);
  }

  stop(): void {
    this.#report.stopped();
    void this.#refresher.stop(); // a read that hangs is not waited for
  }

  candidates(kid: string | undefined, algorithm: Algorithm): readonly TrustedKey[] {
    return this.#ring.candidates(kid, algorithm);
  }

  search(
    kid: string | undefined,
    algorithm: Algorithm,
    issuedAt: number | undefined,
  ): Search | Promise<Search> {
    return this.#searches.search(kid, algorithm, issuedAt, this.#provenFrom);
  }

  verdict(issuedAt: number | undefined): Verdict | undefined {
    return this.#searches.verdict(issuedAt, this.#provenFrom);
  }

  /** While the file cannot be read it may well have had the key for long. */
  get #provenFrom(): number | undefined {
    return this.#fault === undefined ? this.#readFrom : undefined;
  }

  async #load(): Promise<number> {
    try {
      await this.#read();
      this.#fault = undefined;
      return REREAD_MS;
    } catch (error) {
      this.#fault = error;
      // Else it is the start that fails.
      if (this.#current !== undefined) this.#report.failed(wordsOf(error));
      throw error;
    }
  }

  async #read(): Promise<void> {
    const from = this.#clock.now();
    const content = await readFile(this.#options.path);
    if (this.#fault === undefined && this.#current?.equals(content)) {
      this.#report.confirmed(from);
    } else {
      const parsed = await this.#reader.read(content);
      this.#current = content;
      this.#report.succeeded(parsed, from, this.#ring.replace(parsed.keys));
    }
    this.#readFrom = from;
  }
}
