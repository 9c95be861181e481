import type { Clock } from '../domain/clock.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { Component, ComponentState, Logger } from '../domain/ports.ts';
import type { ParsedJwks } from './jwks.ts';
import { KeyMetrics } from './key-metrics.ts';
import type { KeyRing } from './key-ring.ts';
import type { Search } from './key-set.ts';

/** Tells people how it stands with the keys of an issuer: in /ready, in metrics, and news in the log. */
export class KeyReport {
  readonly instruments: readonly Instrument[];
  readonly #name: string;
  readonly #ring: KeyRing;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #metrics: KeyMetrics;
  readonly #since: number;
  #keysFrom: number | undefined;
  #isCopy = false;
  #isStopped = false;
  #fault: string | undefined;
  #copyFault: string | undefined;
  #skipped = '[]';

  /** `name`: of the issuer, or whatever else tells the set from others. */
  constructor(name: string, ring: KeyRing, clock: Clock, logger: Logger) {
    this.#name = name;
    this.#ring = ring;
    this.#clock = clock;
    this.#logger = logger;
    this.#since = clock.now();
    this.#metrics = new KeyMetrics(name, {
      keys: () => ring.size,
      ageSeconds: () => this.#ageSec,
    });
    this.instruments = this.#metrics.instruments;
  }

  get component(): Component {
    const { size } = this.#ring;
    const parts = [size === 1 ? '1 key' : `${size} keys`];
    const read = this.#isCopy ? 'a copy on disk read' : 'read';
    if (this.#keysFrom !== undefined) parts.push(`${read} ${Math.floor(this.#ageSec)} s ago`);
    if (this.#fault !== undefined) parts.push(`last error: ${this.#fault}`);
    return { name: `keys:${this.#name}`, state: this.#state, detail: parts.join(', ') };
  }

  /** `changed`: whether the ring has other keys than before. `from`: in ms of Clock.now. */
  succeeded({ skipped }: ParsedJwks, from: number, changed: boolean): void {
    this.#metrics.fetched('success');
    if (changed || this.#fault !== undefined) this.#logger.info(this.#about(), 'keys were read');
    this.#keysFrom = from;
    this.#isCopy = false;
    this.#fault = undefined;
    const text = JSON.stringify(skipped);
    if (text === this.#skipped) return;
    this.#skipped = text;
    if (skipped.length > 0) this.#logger.warn({ ...this.#about(), skipped }, 'keys were skipped');
  }

  /** The keys are those of before. */
  confirmed(from: number): void {
    this.#keysFrom = from;
  }

  /** Logged when it is news. `words`: fixed ones. */
  failed(words: string): void {
    this.#metrics.fetched('failure');
    if (this.#fault === words) return;
    this.#fault = words;
    this.#logger.warn({ ...this.#about(), error: words }, 'keys cannot be read');
  }

  /** Keys come from a copy on disk. */
  copied(from: number): void {
    this.#keysFrom = from;
    this.#isCopy = true;
    this.#logger.warn(this.#about(), 'keys are those of the copy on disk');
  }

  copyNotRead(words: string): void {
    this.#logger.warn({ ...this.#about(), error: words }, 'the copy on disk cannot be used');
  }

  /** Logged when it is news; undefined: it was written. */
  copyWritten(fault: string | undefined): void {
    if (fault === this.#copyFault) return;
    this.#copyFault = fault;
    if (fault === undefined) return;
    this.#logger.warn({ ...this.#about(), error: fault }, 'the copy on disk cannot be written');
  }

  expired(): void {
    this.#logger.error(this.#about(), 'keys are too old and no longer used');
  }

  stopped(): void {
    this.#isStopped = true;
  }

  searched<S extends Search>(outcome: S): S {
    return this.#metrics.searched(outcome);
  }

  get #state(): ComponentState {
    if (this.#isStopped) return 'stopped';
    if (this.#keysFrom === undefined) return 'starting';
    return this.#fault === undefined && this.#ring.size > 0 ? 'ok' : 'degraded';
  }

  get #ageSec(): number {
    return (this.#clock.now() - (this.#keysFrom ?? this.#since)) / 1000;
  }

  #about(): object {
    return { issuer: this.#name, keys: this.#ring.size };
  }
}
