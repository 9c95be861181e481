import { readFile } from 'node:fs/promises';
import type { Clock } from '../domain/clock.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { Component, Logger } from '../domain/ports.ts';
import type { Algorithm } from './algorithms.ts';
import { JwksReader } from './jwks.ts';
import { KeyReport } from './key-report.ts';
import { KeyRing } from './key-ring.ts';
import type { KeySet, Search, TrustedKey, Verdict } from './key-set.ts';
import { wordsOf } from './key-set-error.ts';

export interface FileKeySetOptions {
  /** What logs, metrics and /ready call it: the issuer. */
  readonly name: string;
  /** Of a JWK Set; secrets may be in it. */
  readonly path: string;
  readonly algorithms: readonly Algorithm[];
}

/** Mounted files are swapped as symbolic links, which file watching misses: they are re-read. */
const REREAD_MS = 10_000;

/** Keys in a file, which is followed. While it cannot be used, the keys that it had stay in use. */
export class FileKeySet implements KeySet {
  readonly #options: FileKeySetOptions;
  readonly #clock: Clock;
  readonly #reader: JwksReader;
  readonly #ring = new KeyRing();
  readonly #report: KeyReport;
  #current: Buffer | undefined;
  #isFaulty = false;
  #isReading = false;
  #stopReading: (() => void) | undefined;

  constructor(options: FileKeySetOptions, clock: Clock, logger: Logger) {
    this.#options = options;
    this.#clock = clock;
    this.#reader = new JwksReader({ algorithms: options.algorithms, allowSecrets: true });
    this.#report = new KeyReport(options.name, this.#ring, clock, logger);
  }

  get instruments(): readonly Instrument[] {
    return this.#report.instruments;
  }

  get component(): Component {
    return this.#report.component;
  }

  /** Rejects, with an error that names the file, when no keys can be had from it. */
  async start(): Promise<void> {
    await this.#read().catch((error) => {
      throw new Error(`no keys in ${this.#options.path}: ${wordsOf(error)}`);
    });
    this.#stopReading = this.#clock.every(REREAD_MS, () => void this.#reread());
  }

  stop(): void {
    this.#report.stopped();
    this.#stopReading?.();
  }

  candidates(kid: string | undefined, algorithm: Algorithm): readonly TrustedKey[] {
    return this.#ring.candidates(kid, algorithm);
  }

  search(): Search {
    return this.verdict();
  }

  /** A file that cannot be read may well have the key. */
  verdict(): Verdict {
    return this.#report.searched(this.#isFaulty ? 'unavailable' : 'absent');
  }

  async #reread(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      await this.#read();
      this.#isFaulty = false;
    } catch (error) {
      this.#isFaulty = true;
      this.#report.failed(wordsOf(error));
    } finally {
      this.#isReading = false;
    }
  }

  async #read(): Promise<void> {
    const from = this.#clock.now();
    const content = await readFile(this.#options.path);
    if (!this.#isFaulty && this.#current?.equals(content)) return this.#report.confirmed(from);
    const parsed = await this.#reader.read(content);
    this.#current = content;
    this.#report.succeeded(parsed, from, this.#ring.replace(parsed.keys));
  }
}
