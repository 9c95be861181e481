import { execFile } from 'node:child_process';
import { getEventListeners, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/domain/clock.ts';
import {
  discoveryFetcher,
  FETCH_TIMEOUT_MS,
  type FetchKeys,
  jwksFetcher,
} from '../../../src/jwt/fetch-keys.ts';
import { wordsOf } from '../../../src/jwt/key-set-error.ts';
import { type Certificates, makeCertificates } from '../../support/certificates.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/until.ts';

const execute = promisify(execFile);
const HTTP = { allowHttp: true };
const SET = '{"keys":[]}';
const never = new AbortController().signal;

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(answer: RequestListener, server = createServer()): Promise<string> {
  server.on('request', answer).listen(0);
  servers.push(server);
  await once(server, 'listening');
  const scheme = 'setSecureContext' in server ? 'https' : 'http';
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const json = (response: ServerResponse, body: unknown, status = 200) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

/** The words for why a fetch failed, or what it brought. */
async function outcome(fetch: FetchKeys, signal = never): Promise<string> {
  return fetch(signal).then(({ body }) => Buffer.from(body).toString(), wordsOf);
}

const jwksOf = (origin: string) => jwksFetcher(`${origin}/keys`, HTTP, systemClock);

describe('a JWK Set by URL', () => {
  it('is asked for by a plain GET', async () => {
    const asked: unknown[] = [];
    const origin = await serve(({ method, url, headers }, response) => {
      asked.push({ method, url, accept: headers.accept, connection: headers.connection });
      response.setHeader('cache-control', 'public, max-age=300, must-revalidate').end(SET);
    });
    const fetched = await jwksFetcher(`${origin}/keys?v=1`, HTTP, systemClock)(never);
    expect(Buffer.from(fetched.body).toString()).toBe(SET);
    expect(fetched.maxAgeSec).toBe(300);
    expect(asked).toEqual([
      { method: 'GET', url: '/keys?v=1', accept: 'application/json', connection: 'close' },
    ]);
  });

  it.each<[string | undefined, number | undefined]>([
    [undefined, undefined],
    ['no-store', undefined],
    ['max-age=0', 0],
    ['MAX-AGE="60"', 60],
    ['s-maxage=10', undefined],
    ['max-age=-1', undefined],
    ['max-age=1e3', undefined],
    ['private,max-age=5', 5],
  ])('with Cache-Control %s', async (value, maxAgeSec) => {
    const origin = await serve((_, response) => {
      if (value !== undefined) response.setHeader('cache-control', value);
      response.end(SET);
    });
    expect((await jwksOf(origin)(never)).maxAgeSec).toBe(maxAgeSec);
  });

  it.each([
    [301, 'redirected (status 301)'],
    [302, 'redirected (status 302)'],
    [307, 'redirected (status 307)'],
    [204, 'status 204'],
    [404, 'status 404'],
    [500, 'status 500'],
  ])('is not there with status %i', async (status, words) => {
    let asked = 0;
    const origin = await serve((_, response) => {
      asked++;
      response.writeHead(status, { location: '/elsewhere' }).end();
    });
    expect(await outcome(jwksOf(origin))).toBe(words);
    expect(asked).toBe(1);
  });

  it('may have 512 KiB, and not be longer by a byte', async () => {
    let bytes = 512 * 1024;
    const origin = await serve((_, response) => void response.end(Buffer.alloc(bytes, 0x20)));
    expect(await outcome(jwksOf(origin))).toHaveLength(bytes);
    bytes++;
    expect(await outcome(jwksOf(origin))).toBe('more than 524288 bytes');
  });

  it('without end is cut off where it is too long', async () => {
    let sent = 0;
    let closed = false;
    const origin = await serve((_, response) => {
      const chunk = Buffer.alloc(64 * 1024, 0x20);
      const more = (): void => {
        while (!closed && response.write(chunk)) sent += chunk.length;
      };
      response.on('drain', more).on('close', () => {
        closed = true;
      });
      more();
    });
    expect(await outcome(jwksOf(origin))).toBe('more than 524288 bytes');
    await until(() => closed);
    expect(sent).toBeLessThan(32 * 1024 * 1024);
  });

  it('is not waited for when its status is an error', async () => {
    let closed = false;
    const origin = await serve((_, response) => {
      response.writeHead(500).write('{');
      response.on('close', () => {
        closed = true;
      });
    });
    expect(await outcome(jwksOf(origin))).toBe('status 500');
    await until(() => closed);
  });

  it('cut off half-way is none', async () => {
    const origin = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{', () => response.destroy());
    });
    expect(await outcome(jwksOf(origin))).toBe('ECONNRESET');
  });

  it.each(['no answer', 'a body that goes on and on'])(
    'with %s is given up in time',
    async (how) => {
      const clock = new ManualClock();
      let arrived = false;
      let closed = false;
      const origin = await serve((_, response) => {
        arrived = true;
        response.on('close', () => {
          closed = true;
        });
        if (how === 'no answer') return;
        const timer = setInterval(() => response.write(' '), 5);
        response.on('close', () => clearInterval(timer));
      });
      const told = outcome(jwksFetcher(`${origin}/keys`, HTTP, clock));
      await until(() => arrived);
      clock.advance(FETCH_TIMEOUT_MS - 1);
      expect(closed).toBe(false);
      clock.advance(1);
      expect(await told).toBe('timeout');
      await until(() => closed);
      expect(clock.pending).toBe(0);
    },
  );

  it('is given up when told to', async () => {
    const stop = new AbortController();
    let arrived = false;
    const origin = await serve(() => {
      arrived = true;
    });
    const clock = new ManualClock();
    const told = outcome(jwksFetcher(`${origin}/keys`, HTTP, clock), stop.signal);
    await until(() => arrived);
    stop.abort();
    expect(await told).toBe('stopped');
    expect(clock.pending).toBe(0);
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  });

  it('is not there when nobody listens', async () => {
    const origin = await serve(() => undefined);
    await new Promise((resolve) => servers.pop()?.close(resolve));
    expect(await outcome(jwksOf(origin))).toBe('ECONNREFUSED');
  });

  it('is not there when the peer speaks no HTTP, or wants to speak something else', async () => {
    const speak = async (text: string) => {
      const server = createTcpServer((socket) => socket.on('error', () => undefined).end(text));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const clock = new ManualClock();
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      const told = outcome(jwksFetcher(url, HTTP, clock));
      const timer = setInterval(() => clock.advance(50), 5);
      const words = await told;
      clearInterval(timer);
      server.close();
      return words;
    };
    expect(await speak('SSH-2.0-server\r\n')).toMatch(/^HPE_/);
    const upgrade = 'HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n';
    expect(await speak(upgrade)).toMatch(/^(timeout|ECONNRESET)$/);
  });
});

describe('discovery', () => {
  interface Metadata {
    readonly issuer?: unknown;
    readonly jwks_uri?: unknown;
  }

  /** An issuer that has its metadata at one path; `path`: of the issuer. */
  async function discover(
    at: string,
    {
      path = '',
      metadata,
    }: { path?: string; metadata?: (origin: string) => Metadata | string } = {},
    options = HTTP,
  ) {
    const asked: string[] = [];
    let origin = '';
    origin = await serve(({ url = '' }, response) => {
      asked.push(url);
      if (url === '/keys') response.end(SET);
      else if (url !== at) json(response, {}, 404);
      else {
        const said = metadata?.(origin) ?? { issuer: origin + path, jwks_uri: `${origin}/keys` };
        if (typeof said === 'string') response.end(said);
        else json(response, said);
      }
    });
    return { asked, told: await outcome(discoveryFetcher(origin + path, options, systemClock)) };
  }

  const OIDC = '/.well-known/openid-configuration';
  const OAUTH = '/.well-known/oauth-authorization-server';

  it.each([
    ['', OIDC, [OIDC, '/keys']],
    ['/', OIDC, [OIDC, '/keys']],
    ['/realms/a', `/realms/a${OIDC}`, [`/realms/a${OIDC}`, '/keys']],
    ['/realms/a/', `/realms/a${OIDC}`, [`/realms/a${OIDC}`, '/keys']],
    ['', OAUTH, [OIDC, OAUTH, '/keys']],
    ['/realms/a', `${OAUTH}/realms/a`, [`/realms/a${OIDC}`, `${OAUTH}/realms/a`, '/keys']],
  ])('of the issuer %j at %s', async (path, at, paths) => {
    expect(await discover(at, { path })).toEqual({ told: SET, asked: paths });
  });

  it.each<[string, (origin: string) => Metadata | string, string]>([
    [
      'is of another issuer',
      (o) => ({ issuer: 'x', jwks_uri: `${o}/keys` }),
      'metadata of another issuer',
    ],
    [
      'has a slash more',
      (o) => ({ issuer: `${o}/`, jwks_uri: `${o}/keys` }),
      'metadata of another issuer',
    ],
    ['is of nobody', (o) => ({ jwks_uri: `${o}/keys` }), 'metadata of another issuer'],
    ['has no jwks_uri', (o) => ({ issuer: o }), 'metadata without jwks_uri'],
    [
      'has a jwks_uri of no URL',
      (o) => ({ issuer: o, jwks_uri: '/keys' }),
      'jwks_uri is no https or http URL',
    ],
    [
      'has a jwks_uri of a file',
      (o) => ({ issuer: o, jwks_uri: 'file:///keys' }),
      'jwks_uri is no https or http URL',
    ],
    ['is no JSON', () => '<html>', 'metadata not JSON'],
  ])('that %s is refused', async (_, metadata, words) => {
    const { told, asked } = await discover(OIDC, { metadata });
    expect(told).toBe(words);
    expect(asked).toEqual([OIDC]);
  });

  it('that is nowhere is refused', async () => {
    expect(await discover('/nowhere')).toEqual({ told: 'status 404', asked: [OIDC, OAUTH] });
  });

  it('has one time limit for all requests', async () => {
    const clock = new ManualClock();
    let origin = '';
    origin = await serve(({ url = '' }, response) => {
      clock.advance(2_000);
      if (url !== '/keys')
        json(
          response,
          url === OIDC ? {} : { issuer: origin, jwks_uri: `${origin}/keys` },
          url === OIDC ? 404 : 200,
        );
      else response.end(SET);
    });
    expect(await outcome(discoveryFetcher(origin, HTTP, clock))).toBe('timeout');
  });
});

describe('over TLS', () => {
  let certificates: Certificates;

  beforeAll(async () => {
    certificates = await makeCertificates();
  });
  afterAll(() => certificates[Symbol.asyncDispose]());

  const start = async () => {
    const [cert, key] = await Promise.all([
      readFile(certificates.certFile),
      readFile(certificates.keyFile),
    ]);
    const server = createTlsServer({ cert, key });
    return serve((_, response) => void response.end(SET), server as unknown as Server);
  };

  it('an authority that nobody vouched for is refused', async () => {
    const origin = await start();
    const fetch = jwksFetcher(origin, { allowHttp: false }, systemClock);
    expect(await outcome(fetch)).toMatch(/^(UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/);
  });

  it('an authority in NODE_EXTRA_CA_CERTS is trusted, for the names in its certificates', async () => {
    const origin = await start();
    const unnamed = origin.replace('127.0.0.1', '127.0.0.2');
    const script = join(import.meta.dirname, 'fetch-once.ts');
    const env = { NODE_EXTRA_CA_CERTS: certificates.caFile };
    const { stdout } = await execute(process.execPath, [script, origin, unnamed], { env });
    expect(stdout).toBe(`${SET}\nERR_TLS_CERT_ALTNAME_INVALID\nundici: false\n`);
  });
});
