import { Counter, Gauge, type Instrument } from '../domain/instrument.ts';
import type { Search } from './key-set.ts';

export interface KeyGauges {
  keys(): number;
  /** Since when the keys are known to be those of the issuer, or there are none, in seconds. */
  ageSeconds(): number;
}

/** What is counted of a set of keys, under its name. */
export class KeyMetrics {
  readonly instruments: readonly Instrument[];
  readonly #fetches: Readonly<Record<'success' | 'failure', Counter>>;
  readonly #searches: Readonly<Record<Search, Counter>>;

  constructor(issuer: string, { keys, ageSeconds }: KeyGauges) {
    const fetches = (outcome: string) =>
      new Counter({
        name: 'ext_authz_key_fetches_total',
        help: 'Attempts to read the keys of an issuer, by outcome.',
        labels: { issuer, outcome },
      });
    const searches = (outcome: string) =>
      new Counter({
        name: 'ext_authz_key_searches_total',
        help: 'Tokens by a key that is not known, by what became of it.',
        labels: { issuer, outcome },
      });
    this.#fetches = { success: fetches('success'), failure: fetches('failure') };
    this.#searches = {
      found: searches('found'),
      absent: searches('absent'),
      unavailable: searches('unavailable'),
    };
    this.instruments = [
      ...Object.values(this.#fetches),
      ...Object.values(this.#searches),
      gauge('ext_authz_keys', 'Keys that may have made a signature, by issuer.', issuer, keys),
      gauge('ext_authz_keys_age_seconds', 'Time since keys were read.', issuer, ageSeconds),
    ];
  }

  fetched(outcome: 'success' | 'failure'): void {
    this.#fetches[outcome].value++;
  }

  searched<S extends Search>(outcome: S): S {
    this.#searches[outcome].value++;
    return outcome;
  }
}

/** Of several workers the worst counts; they all have the same keys. */
function gauge(name: string, help: string, issuer: string, read: () => number): Gauge {
  return new Gauge({ name, help, labels: { issuer }, merge: 'max' }, read);
}
