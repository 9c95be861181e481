import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openidProvider, requestToken } from '../../test/support/openid-provider.ts';
import { ALGORITHM, privateJwk, type SigningKey } from './keys.ts';

const TTL_SEC = 3_600;

/**
 * A real OpenID provider whose keys are exchanged while it runs, as if it were restarted with others in no time.
 */
export class KeyProvider implements AsyncDisposable {
  readonly port: number;
  /** When its keys were asked for; performance.now(). */
  readonly fetchedAt: number[] = [];
  /** What it says of how long its keys hold, in seconds; undefined: nothing. */
  maxAgeSec: number | undefined;
  readonly #server: Server;
  #issuer = '';
  #answer: RequestListener = (_, response) => void response.writeHead(503).end();
  #keys: readonly SigningKey[] = [];

  static async start(): Promise<KeyProvider> {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new KeyProvider(server);
  }

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('request', (request, response) => {
      if (request.url === '/jwks') {
        this.fetchedAt.push(performance.now());
        if (this.maxAgeSec !== undefined) {
          response.setHeader('cache-control', `max-age=${this.maxAgeSec}`);
        }
      }
      this.#answer(request, response);
    });
  }

  get issuer(): string {
    return this.#issuer;
  }

  /** Signs by this key from now on; `issuer`: where others find it. */
  begin(issuer: string, key: SigningKey): void {
    this.#issuer = issuer;
    this.#have([key]);
  }

  /** The key that signs. */
  get current(): SigningKey {
    return this.#keys[0] as SigningKey;
  }

  /** Others can see the key; it does not sign yet. */
  publish(key: SigningKey): void {
    this.#have([...this.#keys.filter((old) => old !== key), key]);
  }

  /** From now on this key signs; it is published, if it was not. */
  use(key: SigningKey): void {
    this.#have([key, ...this.#keys.filter((old) => old !== key)]);
  }

  withdraw(key: SigningKey): void {
    this.#have(this.#keys.filter((old) => old !== key));
  }

  /** An access token, by the key that signs. */
  issue(): Promise<string> {
    return requestToken(`http://127.0.0.1:${this.port}`);
  }

  #have(keys: readonly SigningKey[]): void {
    const jwks = keys.map(privateJwk);
    this.#answer = openidProvider(this.#issuer, { jwks, alg: ALGORITHM, ttlSec: TTL_SEC });
    const now = performance.now();
    for (const key of this.#keys) if (!keys.includes(key)) key.withdrawnAt = now;
    for (const key of keys) key.publishedAt = Math.min(key.publishedAt, now);
    this.#keys = keys;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
