import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { FetchedKeys } from '../../src/jwt/fetch-keys.ts';
import { KeySetError } from '../../src/jwt/key-set-error.ts';

export type Jwk = Record<string, unknown>;

/** A key pair on P-256, its public half as an issuer shows it. */
export interface IssuerKey {
  readonly jwk: Jwk;
  readonly privateKey: KeyObject;
}

export function issuerKey(kid: string | undefined, members: Jwk = {}): IssuerKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const named = kid === undefined ? {} : { kid };
  return { jwk: { ...publicKey.export({ format: 'jwk' }), ...named, ...members }, privateKey };
}

export function jwks(...keys: readonly unknown[]): Buffer {
  return Buffer.from(JSON.stringify({ keys }));
}

/** An issuer that says what a test tells it to, and when. */
export class ScriptedIssuer {
  fetches = 0;
  maxAgeSec: number | undefined;
  #says: Buffer | string;
  #held: PromiseWithResolvers<void> | undefined;

  constructor(...keys: readonly unknown[]) {
    this.#says = jwks(...keys);
  }

  has(...keys: readonly unknown[]): void {
    this.#says = jwks(...keys);
  }

  /** From now on each fetch fails, in these words. */
  failsWith(words: string): void {
    this.#says = words;
  }

  /** From now on a fetch waits until `release`. */
  hold(): void {
    this.#held = Promise.withResolvers();
  }

  release(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  readonly fetch = async (signal: AbortSignal): Promise<FetchedKeys> => {
    this.fetches++;
    const aborted = new Promise<void>((resolve) =>
      signal.addEventListener('abort', () => resolve()),
    );
    await Promise.race([this.#held?.promise, aborted]);
    if (signal.aborted) throw new KeySetError('stopped');
    if (typeof this.#says === 'string') throw new KeySetError(this.#says);
    return { body: this.#says, maxAgeSec: this.maxAgeSec };
  };
}

/** Lets promises, and what they do on other threads, come to an end that shows. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
