import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { parseJsonObject } from './json.ts';
import { KeySetError } from './key-set-error.ts';

/** Keys as they were fetched once, for a start while their issuer is down. */
export interface CachedKeys {
  /** A JWK Set. */
  readonly body: Uint8Array;
  /** Epoch seconds. */
  readonly fetchedAt: number;
}

/** A file of one set of keys, and of what it is a copy. Several processes may write it. */
export class KeyCacheFile {
  readonly #path: string;
  readonly #source: string;
  #written: Promise<void> = Promise.resolve();

  /** `source`: of where the keys come from; a copy of anything else is not taken. */
  constructor(path: string, source: string) {
    this.#path = path;
    this.#source = source;
  }

  /** One after the other. Rejects when it cannot be written; the old copy then stays. */
  write(jwks: readonly object[], fetchedAt: number): Promise<void> {
    const text = JSON.stringify({ source: this.#source, fetchedAt, keys: jwks });
    const written = this.#written.then(() => this.#replace(text));
    this.#written = written.catch(() => undefined);
    return written;
  }

  /** Undefined when there is no file. Rejects when it is not a copy of these keys. */
  async read(): Promise<CachedKeys | undefined> {
    const body = await readFile(this.#path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (body === undefined) return undefined;
    const copy = parseJsonObject(body);
    if (copy === undefined) throw new KeySetError('not JSON');
    const { source, fetchedAt } = copy;
    if (source !== this.#source) throw new KeySetError('of another source');
    if (!Number.isSafeInteger(fetchedAt)) throw new KeySetError('without a time');
    return { body, fetchedAt: fetchedAt as number };
  }

  async #replace(text: string): Promise<void> {
    const temporary = `${this.#path}.${randomUUID()}`;
    try {
      await writeFile(temporary, text, { mode: 0o600, flush: true });
      await rename(temporary, this.#path);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
  }
}
