import { readFile } from 'node:fs/promises';
import type { PolicyIssuer, PolicyKeys } from './config/policy/policy-file.ts';
import type { Clock } from './domain/clock.ts';
import type { Instrument } from './domain/instrument.ts';
import type { Component, Logger } from './domain/ports.ts';
import { type KeySet, StaticKeySet } from './jwt/key-set.ts';
import { ImportedKeys } from './jwt/keys.ts';
import type { RemoteKeySetOptions } from './jwt/remote-key-set.ts';
import type { VerificationKey } from './jwt/signature.ts';
import { keyMaterial } from './options.ts';

/** Keys that are there, or come once it is started. */
export interface RunningKeySet extends KeySet {
  /** Absent: its keys are what they are. */
  readonly component?: Component;
  readonly instruments?: readonly Instrument[];
  start?(): void | Promise<void>;
  stop?(): void | Promise<void>;
}

/** Of an issuer, what its keys depend on. */
type KeysOf = Pick<PolicyIssuer, 'issuer' | 'keys' | 'algorithms' | 'clockSkewSec' | 'keysAt'>;

interface Shared {
  readonly issuer: string;
  readonly set: RunningKeySet;
  users: number;
}

/**
 * The keys of all issuers. A policy that takes the place of another gets the very sets that it has in
 * common with it: they need not be fetched anew, and what they count goes on.
 */
export class KeySets {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #imported = new ImportedKeys();
  readonly #shared = new Map<string, Shared>();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Of each issuer one set: while a policy waits for its keys, that of the one which is in force. */
  get instruments(): readonly Instrument[] {
    const oldest = Map.groupBy(this.#shared.values(), ({ issuer }) => issuer).values();
    return [...oldest].flatMap(([first]) => first?.set.instruments ?? []);
  }

  /** To be given back. Rejects, in words for the operator, when the keys cannot be used. */
  async take(issuer: KeysOf): Promise<{ readonly set: RunningKeySet; giveBack(): void }> {
    const id = idOf(issuer);
    let shared = id === undefined ? undefined : this.#shared.get(id);
    if (shared === undefined) {
      shared = { issuer: issuer.issuer, set: await this.#start(issuer), users: 0 };
      if (id !== undefined) this.#shared.set(id, shared);
    }
    const own = shared;
    own.users++;
    const giveBack = (): void => {
      if (--own.users > 0) return;
      if (id !== undefined) this.#shared.delete(id);
      void own.set.stop?.();
    };
    return { set: own.set, giveBack };
  }

  async #start(issuer: KeysOf): Promise<RunningKeySet> {
    try {
      const set = await this.#make(issuer);
      await set.start?.();
      return set;
    } catch (error) {
      throw new Error(`${issuer.keysAt}${(error as Error).message}`);
    }
  }

  /** What fetches and reads sets is loaded by who needs it. */
  async #make({ issuer, keys, algorithms, clockSkewSec }: KeysOf): Promise<RunningKeySet> {
    const [clock, logger] = [this.#clock, this.#logger];
    const common = { name: issuer, algorithms, clockSkewSec };
    switch (keys.kind) {
      case 'secret': {
        const all = [keys.secret, keys.previousSecret].filter((secret) => secret !== undefined);
        return new StaticKeySet(await this.#import(all, algorithms));
      }
      case 'public_key_file':
        return new StaticKeySet(
          await this.#import([await readFile(keys.file, 'utf8')], algorithms),
        );
      case 'jwks': {
        const [{ JwksReader }, { KeyRing }] = await Promise.all([
          import('./jwt/jwks.ts'),
          import('./jwt/key-ring.ts'),
        ]);
        const reader = new JwksReader({ algorithms, allowSecrets: true });
        const { keys: read, skipped } = await reader.read(Buffer.from(JSON.stringify(keys.jwks)));
        if (skipped.length > 0) logger.warn({ issuer, skipped }, 'keys were skipped');
        return new KeyRing(read);
      }
      case 'jwks_file': {
        const { FileKeySet } = await import('./jwt/file-key-set.ts');
        return new FileKeySet({ ...common, path: keys.file }, clock, logger);
      }
      default:
        return fetchedKeySet(issuer, keys, common, clock, logger);
    }
  }

  /** Each for the algorithms that it is one for, of which there must be one at least. */
  async #import(
    texts: readonly string[],
    algorithms: PolicyIssuer['algorithms'],
  ): Promise<readonly VerificationKey[]> {
    const all = texts.map(async (text) => {
      const material = keyMaterial(text);
      const tried = await Promise.allSettled(
        algorithms.map((algorithm) => this.#imported.import(algorithm, material)),
      );
      const keys = tried.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
      const [first] = tried;
      if (keys.length === 0 && first?.status === 'rejected') throw first.reason;
      return keys;
    });
    return (await Promise.all(all)).flat();
  }
}

async function fetchedKeySet(
  issuer: string,
  keys: Extract<PolicyKeys, { readonly kind: 'jwks_url' | 'discovery' }>,
  common: Pick<RemoteKeySetOptions, 'name' | 'algorithms' | 'clockSkewSec'>,
  clock: Clock,
  logger: Logger,
): Promise<RunningKeySet> {
  const [{ RemoteKeySet }, { KeyCacheFile }, { discoveryFetcher, jwksFetcher }] = await Promise.all(
    [
      import('./jwt/remote-key-set.ts'),
      import('./jwt/key-cache-file.ts'),
      import('./jwt/fetch-keys.ts'),
    ],
  );
  const [fetch, source] =
    keys.kind === 'jwks_url'
      ? [jwksFetcher(keys.url, keys, clock), keys.url]
      : [discoveryFetcher(issuer, keys, clock), `discovery of ${issuer}`];
  const cache =
    keys.cacheFile === undefined ? {} : { cache: new KeyCacheFile(keys.cacheFile, source) };
  const options = { ...common, fetch, staleMaxMs: keys.staleMaxSec * 1000, ...cache };
  return new RemoteKeySet(options, clock, logger);
}

/** What has to be the same for a set to be the same; undefined: it costs nothing to have it twice. */
function idOf({ issuer, keys, algorithms, clockSkewSec }: KeysOf): string | undefined {
  return SHARED.has(keys.kind)
    ? JSON.stringify([issuer, keys, algorithms, clockSkewSec])
    : undefined;
}

const SHARED: ReadonlySet<PolicyKeys['kind']> = new Set(['jwks_url', 'discovery', 'jwks_file']);
