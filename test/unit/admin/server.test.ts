import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type AdminOptions,
  type AdminRoute,
  AdminServer,
  type AdminView,
  send,
} from '../../../src/admin/server.ts';
import type { StatusReport } from '../../../src/domain/ports.ts';
import { until } from '../../support/until.ts';

const READY: StatusReport = {
  ready: true,
  degraded: false,
  draining: false,
  components: [
    { name: 'redis', state: 'ok', detail: '4 of 4' },
    { name: 'event_loop', state: 'ok' },
  ],
};

const servers: AdminServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function start(view: Partial<AdminView> = {}, options: Partial<AdminOptions> = {}) {
  const server = new AdminServer(
    { host: '127.0.0.1', port: 0, ...options },
    {
      status: () => READY,
      metrics: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'a 1\n' }),
      ...view,
    },
  );
  servers.push(server);
  const { port } = await server.start();
  return { server, port, url: `http://127.0.0.1:${port}` };
}

const statusOf = async (report: StatusReport) => {
  const { url } = await start({ status: () => report });
  const response = await fetch(`${url}/ready`);
  return [response.status, ((await response.json()) as { status: string }).status];
};

describe('/health', () => {
  it('is 200 whatever the state', async () => {
    const { url } = await start({ status: () => ({ ...READY, ready: false, draining: true }) });
    const response = await fetch(`${url}/health`);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('ok\n');
  });
});

it('answers who asks, however many connect and say nothing', async () => {
  const { port, url } = await start();
  const silent = Array.from({ length: 300 }, () => connect(port, '127.0.0.1'));
  const closed = new Set<unknown>();
  for (const socket of silent) {
    socket.on('error', () => undefined);
    socket.on('close', () => closed.add(socket));
  }
  await until(() => silent.every(({ connecting }) => !connecting));
  expect((await fetch(`${url}/health`)).status).toBe(200);
  await until(() => closed.size > 200);
  expect(silent.filter((socket) => !closed.has(socket)).length).toBeGreaterThan(90);
  for (const socket of silent) socket.destroy();
});

it('answers what was asked before so many connected', async () => {
  const rendered = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const { port, url } = await start({
    async metrics() {
      asked.resolve();
      await rendered.promise;
      return { contentType: 'text/plain', text: 'a 1\n' };
    },
  });
  const answer = fetch(`${url}/metrics`);
  await asked.promise;
  const silent = Array.from({ length: 150 }, () => connect(port, '127.0.0.1'));
  const closed = new Set<unknown>();
  for (const socket of silent) {
    socket.on('error', () => undefined);
    socket.on('close', () => closed.add(socket));
  }
  await until(() => closed.size >= 50);
  rendered.resolve();
  expect(await (await answer).text()).toBe('a 1\n');
  for (const socket of silent) socket.destroy();
});

describe('/ready', () => {
  it('names the state of every component', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/ready`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({
      status: 'ready',
      components: { redis: { state: 'ok', detail: '4 of 4' }, event_loop: { state: 'ok' } },
    });
  });

  it.each<[StatusReport, number, string]>([
    [READY, 200, 'ready'],
    [{ ...READY, degraded: true }, 200, 'degraded'],
    [{ ...READY, ready: false }, 503, 'not_ready'],
    [{ ...READY, ready: false, degraded: true }, 503, 'not_ready'],
    [{ ...READY, ready: false, draining: true }, 503, 'draining'],
  ])('says of %j: %i, %s', async (report, code, status) => {
    expect(await statusOf(report)).toEqual([code, status]);
  });

  it('is asked for as it is, whatever the query', async () => {
    const { url } = await start();
    expect((await fetch(`${url}/ready?verbose=1`)).status).toBe(200);
    expect((await fetch(`${url}/ready/`)).status).toBe(404);
  });
});

describe('/metrics', () => {
  it('gives what it is given, with its type', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4');
    expect(await response.text()).toBe('a 1\n');
  });

  it('is made once for all who ask at the same time', async () => {
    let made = 0;
    const { promise, resolve } = Promise.withResolvers<{ contentType: string; text: string }>();
    const metrics = () => {
      made++;
      return promise;
    };
    const { url } = await start({ metrics });
    const answers = Array.from({ length: 5 }, () => fetch(`${url}/metrics`));
    await until(() => made > 0);
    await sleep(200); // long enough for the others to have come
    expect(made).toBe(1);
    resolve({ contentType: 'text/plain', text: 'a 1\n' });
    for (const answer of await Promise.all(answers)) expect(await answer.text()).toBe('a 1\n');
    const before = made;
    await (await fetch(`${url}/metrics`)).text();
    expect(made).toBe(before + 1);
  });

  it('is made once for all whose requests come in one turn, and sent to one of them a turn', async () => {
    let made = 0;
    let turns = 0;
    let over = false;
    const countTurns = (): void => {
      turns++;
      if (!over) setImmediate(countTurns);
    };
    const metrics = async () => {
      if (made++ === 0) countTurns();
      return { contentType: 'text/plain', text: 'a 1\n' };
    };
    const { url, port } = await start({ metrics });
    const sockets = Array.from({ length: 20 }, () => connect(port, '127.0.0.1'));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    await fetch(`${url}/health`); // they have been accepted by then
    for (const socket of sockets) socket.write('GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n');
    await Promise.all(sockets.map((socket) => once(socket, 'data')));
    over = true;
    expect(made).toBe(1);
    expect(turns).toBeGreaterThan(sockets.length);
    for (const socket of sockets) socket.destroy();
  });

  it('is 500 when there is none, without a word about why', async () => {
    const { url } = await start({ metrics: () => Promise.reject(new Error('a secret')) });
    const response = await fetch(`${url}/metrics`);
    expect(response.status).toBe(500);
    expect(await response.text()).toBe('internal error\n');
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it('takes many scrapes at once', async () => {
    const { url } = await start();
    const scrapes = Array.from({ length: 50 }, () => fetch(`${url}/metrics`));
    const texts = await Promise.all((await Promise.all(scrapes)).map((scrape) => scrape.text()));
    expect(new Set(texts)).toEqual(new Set(['a 1\n']));
  });
});

describe('other requests', () => {
  it('of HEAD get the head', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/ready`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('of %s are refused', async (method) => {
    const { url } = await start();
    const response = await fetch(`${url}/ready`, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });

  it.each(['/', '/metrics2', '/constructor', '/__proto__', '/health%20', '//health'])(
    'for %s get told where to look',
    async (path) => {
      const { url } = await start();
      const response = await fetch(url + path);
      expect(response.status).toBe(404);
      expect(await response.text()).toContain('/health, /ready and /metrics');
    },
  );

  it('for a path of their own are answered there, by any method', async () => {
    const route: AdminRoute = (_, response) => send(response, 202, 'done\n');
    const { url } = await start({}, { routes: { '/dev': route } });
    const response = await fetch(`${url}/dev?x=1`, { method: 'POST' });
    expect([response.status, await response.text()]).toEqual([202, 'done\n']);
  });

  it('that are no HTTP harm nobody', async () => {
    const { port, url } = await start();
    const socket = connect(port, '127.0.0.1');
    socket.end('\0\x16\x03garbage\r\n\r\n');
    socket.on('error', () => {});
    await once(socket.resume(), 'close');
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });
});

describe('AdminServer', () => {
  it('names the address it cannot have', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    await expect(start({}, { port })).rejects.toThrow(
      `cannot listen on 127.0.0.1:${port}: listen EADDRINUSE`,
    );
    taken.close();
  });

  it('can be stopped before it was started, and while it answers', async () => {
    const asked = Promise.withResolvers<void>();
    const hang = () => {
      asked.resolve();
      return new Promise<never>(() => {});
    };
    const { server, url } = await start({ status: hang });
    const cut = expect(fetch(`${url}/ready`)).rejects.toThrow();
    await asked.promise;
    await server.stop();
    await cut;
    await server.stop();
  });
});
