import { afterEach, describe, expect, it } from 'vitest';
import { AdminServer } from '../../../src/admin/server.ts';
import { REVOKE_PATH, revokeRoute } from '../../../src/dev/revoke-route.ts';
import { signed } from '../../support/tokens.ts';

const servers: AdminServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function start(revoke = (_jti: string, _ttlSec: number): void => undefined) {
  const revoked: [jti: string, ttlSec: number][] = [];
  const route = revokeRoute((jti, ttlSec) => {
    revoke(jti, ttlSec);
    revoked.push([jti, ttlSec]);
  });
  const options = { host: '127.0.0.1', port: 0, routes: { [REVOKE_PATH]: route } };
  const server = new AdminServer(options, { status: never, metrics: never });
  servers.push(server);
  const { port } = await server.start();
  const post = async (body: string, method = 'POST') => {
    const init = method === 'GET' ? { method } : { method, body };
    const response = await fetch(`http://127.0.0.1:${port}${REVOKE_PATH}`, init);
    return [response.status, await response.text()];
  };
  return { post, revoked };
}

function never(): never {
  throw new Error('not asked here');
}

const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;

describe('revokeRoute', () => {
  it('revokes a token for as long as it lives', async () => {
    const { post, revoked } = await start();
    const exp = inAnHour();
    expect(await post(signed({ jti: 'a', exp }))).toEqual([200, 'revoked\n']);
    expect(revoked).toEqual([['a', expect.any(Number)]]);
    const [[, ttlSec] = ['', 0]] = revoked;
    // Seconds may have passed since; the life of the token is over at the same instant.
    expect(Date.now() / 1000 + ttlSec).toBeGreaterThanOrEqual(exp);
    expect(ttlSec).toBeLessThanOrEqual(3601);
  });

  it('has nothing left to do for one that has expired', async () => {
    const { post, revoked } = await start();
    expect(await post(signed({ jti: 'a', exp: 1 }))).toEqual([200, 'revoked\n']);
    expect(revoked).toEqual([['a', 0]]);
  });

  it.each([
    ['garbage', 'garbage'],
    ['nothing', ''],
    ['a token without jti', signed({ exp: 2_000_000_000 })],
    ['a token without exp', signed({ jti: 'a' })],
  ])('refuses %s, and does not quote it', async (_, body) => {
    const { post, revoked } = await start();
    const [status, text] = await post(body);
    expect(status).toBe(400);
    if (body !== '') expect(text).not.toContain(body);
    expect(revoked).toEqual([]);
  });

  it('refuses what is too large for a token', async () => {
    const { post, revoked } = await start();
    expect(await post('x'.repeat(16_385))).toEqual([413, 'too large for a token\n']);
    expect(revoked).toEqual([]);
  });

  it.each(['GET', 'PUT', 'DELETE'])('refuses %s', async (method) => {
    const { post, revoked } = await start();
    expect(await post(signed({ jti: 'a', exp: inAnHour() }), method)).toEqual([405, 'only POST\n']);
    expect(revoked).toEqual([]);
  });
});
