import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';
import { http } from '../../test/support/http.ts';
import { ALGORITHM, privateJwk, type SigningKey } from './keys.ts';

export const AUDIENCE = 'https://api.example';
const CLIENT = { client_id: 'client', client_secret: 'a secret of the client, for drills only' };
const CREDENTIALS = Buffer.from(
  `${CLIENT.client_id}:${encodeURIComponent(CLIENT.client_secret)}`,
).toString('base64');
const TTL_SEC = 3_600;

/**
 * A real OpenID provider (https://github.com/panva/node-oidc-provider) whose keys are exchanged while
 * it runs, as if it were restarted with others in no time.
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
  async issue(): Promise<string> {
    const { status, body } = await http(`http://127.0.0.1:${this.port}/token`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${CREDENTIALS}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: Buffer.from('grant_type=client_credentials&scope=read'),
    });
    if (status !== 200) throw new Error(`the provider issues no token: ${status} ${body}`);
    return JSON.parse(body).access_token;
  }

  #have(keys: readonly SigningKey[]): void {
    // The first one that fits the algorithm signs.
    this.#answer = providerOf(this.#issuer, keys);
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

function providerOf(issuer: string, keys: readonly SigningKey[]): RequestListener {
  const resource = {
    ...{ scope: 'read', audience: AUDIENCE, accessTokenFormat: 'jwt' },
    jwt: { sign: { alg: ALGORITHM } },
  };
  return quietly(() =>
    new Provider(issuer, {
      clients: [
        { ...CLIENT, grant_types: ['client_credentials'], redirect_uris: [], response_types: [] },
      ],
      jwks: { keys: keys.map(privateJwk) },
      ttl: { ClientCredentials: TTL_SEC },
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => AUDIENCE,
          getResourceServerInfo: () => resource,
        },
      },
    }).callback(),
  );
}

/** Each one would say that it is for no production, with its storage in memory and without TLS. */
function quietly<T>(task: () => T): T {
  const { warn, info } = console;
  console.warn = console.info = () => undefined;
  try {
    return task();
  } finally {
    Object.assign(console, { warn, info });
  }
}
