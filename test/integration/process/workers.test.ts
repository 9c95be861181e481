import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { PREFACE, settings } from '../../support/http2.ts';
import { SETTINGS, type Sluice, spawnSluice, startSluice } from '../../support/sluice.ts';
import { missing } from '../../support/tools.ts';
import { until } from '../../support/until.ts';
import { startValkey } from '../../support/valkey.ts';
import { parseExposition, valueIn } from '../../unit/admin/exposition.ts';
import { RawPeer } from '../sources/raw-peer.ts';
import { CheckClient, newToken, PATIENCE } from './check-client.ts';

const CONNECTIONS = 8;
/** A new process has to come up in it, on a machine that may be busy. */
const LONG_MS = 25_000;

async function start(workers: number, settings: Readonly<Record<string, string>> = {}) {
  await using stack = new AsyncDisposableStack();
  const valkey = stack.use(await startValkey());
  const env = { ...PATIENCE, AUTH_REDIS_URL: valkey.url, WORKERS: String(workers), ...settings };
  const sluice = stack.use(await startSluice(env));
  const clients = Array.from({ length: CONNECTIONS }, () =>
    stack.use(new CheckClient(sluice.grpcPort)),
  );
  await until(async () => (await sluice.ready()).status === 200);
  const all = stack.move();
  return { sluice, clients, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** Where there is no Redis. */
const NOBODY = 'redis://127.0.0.1:1';

/** The first line of a log that has a message. */
async function firstLine(output: AsyncIterable<string>, message: string) {
  for await (const text of output) {
    const line = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (line.message === message) return line;
  }
  throw new Error(`it ended without: ${message}`);
}

/** One check over each connection. */
async function askAll(clients: readonly CheckClient[]): Promise<void> {
  const reasons = await Promise.all(clients.map((client) => client.reasonFor(newToken())));
  expect(new Set(reasons)).toEqual(new Set(['success']));
}

/** Processes that have said they reach Redis: the workers there are, or have been. */
function workersOf({ lines }: Sluice): ReadonlySet<number> {
  const reached = lines.filter(({ message }) => message === 'Redis is reachable');
  return new Set(reached.map((line) => line['process.pid'] as number));
}

const textOf = async ({ adminUrl }: Sluice) => (await fetch(`${adminUrl}/metrics`)).text();

async function allowsOf(sluice: Sluice): Promise<number | undefined> {
  const labels = { result: 'allow', reason: 'success' };
  return valueIn(parseExposition(await textOf(sluice)), 'ext_authz_requests_total', labels);
}

describe.skipIf(missing('valkey'))('worker processes', () => {
  it('share one port, and one admin port that speaks for all', async () => {
    await using started = await start(2, { LOG_LEVEL: 'debug' });
    const { sluice, clients } = started;
    for (let round = 0; round < 5; round++) await askAll(clients);
    await until(async () => (await allowsOf(sluice)) === 5 * CONNECTIONS);
    const connections = 'ext_authz_redis_connections{state="ready"}';
    await until(async () => (await sluice.metric(connections)) === 8);
    await until(async () => {
      const { body } = await sluice.ready();
      return JSON.stringify(body.components).includes('4 of 4 connections');
    });
    expect(await sluice.ready()).toEqual({
      status: 200,
      body: {
        status: 'ready',
        components: {
          workers: { state: 'ok', detail: '2 of 2' },
          redis: { state: 'ok', detail: expect.stringMatching(/^4 of 4 connections/) },
          event_loop: { state: 'ok', detail: expect.any(String) },
          revocation: { state: 'ok' },
          policy: { state: 'ok' },
        },
      },
    });
    expect(await sluice.metric('ext_authz_workers')).toBe(2);
    for (const component of ['workers', 'redis', 'event_loop', 'revocation']) {
      const healthy = `ext_authz_component_healthy{component="${component}"}`;
      expect(await sluice.metric(healthy)).toBe(1);
    }
    expect(await sluice.metric('process_resident_memory_bytes')).toBeGreaterThan(50e6);
    const servers = () =>
      new Set(
        sluice.lines
          .filter(({ message }) => message === 'check')
          .map((line) => line['process.pid']),
      );
    await until(() => servers().size === 2);
    expect(servers()).not.toContain(sluice.pid);
  });

  it('are replaced when they die: ready throughout, and no count is taken back', async () => {
    await using started = await start(2);
    const { sluice, clients } = started;
    await until(() => workersOf(sluice).size === 2);
    await askAll(clients);
    const before = CONNECTIONS;
    await until(async () => (await allowsOf(sluice)) === before);

    const [victim] = workersOf(sluice);
    process.kill(victim as number, 'SIGKILL');
    const states = new Set<unknown>();
    const counts: (number | undefined)[] = [];
    await until(async () => {
      const { status, body } = await sluice.ready();
      expect(status).toBe(200);
      states.add(body.status);
      counts.push(...(await Promise.all([allowsOf(sluice), allowsOf(sluice)])));
      return states.has('degraded') && body.status === 'ready';
    }, LONG_MS);
    expect(new Set(counts)).toEqual(new Set([before]));
    await until(() => workersOf(sluice).size === 3);
    expect(await sluice.metric('ext_authz_worker_restarts_total')).toBe(1);
    expect(sluice.lines).toContainEqual(
      expect.objectContaining({
        'log.level': 'error',
        message: 'worker ended; it will be replaced',
        signal: 'SIGKILL',
      }),
    );

    using again = new CheckClient(sluice.grpcPort);
    using another = new CheckClient(sluice.grpcPort);
    await askAll([again, another]);
    await until(async () => (await allowsOf(sluice)) === before + 2);
  });

  it('are handed as many connections each', async () => {
    await using started = await start(2, { LOG_LEVEL: 'debug' });
    const { sluice, clients } = started;
    for (const client of clients) await client.reasonFor(newToken());
    const checks = () => sluice.lines.filter(({ message }) => message === 'check');
    await until(() => checks().length === CONNECTIONS);
    const byWorker = Map.groupBy(checks(), (line) => line['process.pid']);
    expect([...byWorker.values()].map(({ length }) => length)).toEqual([4, 4]);
  });

  it('take no connection with them that was on its way when they are killed', async () => {
    await using started = await start(2);
    const { sluice } = started;
    await until(() => workersOf(sluice).size === 2);
    const [victim] = workersOf(sluice);
    process.kill(victim as number, 'SIGSTOP');
    await using stack = new AsyncDisposableStack();
    const peers = Array.from({ length: 8 }, () => stack.use(new RawPeer(sluice.grpcPort)));
    for (const { socket } of peers) socket.write(Buffer.concat([PREFACE, settings()]));
    const served = () => peers.filter(({ frames }) => frames.length > 0);
    // Not before it has been handed some, of which it cannot know; the other one has answered by now.
    await until(() => served().length === 4 && peers.every(({ socket }) => !socket.connecting));
    process.kill(victim as number, 'SIGKILL');
    await until(() => peers.every((peer) => peer.closed || served().includes(peer)));
    expect(peers.filter(({ closed }) => closed)).toHaveLength(4);
  });

  it('share a Unix socket as well, which goes with them', async () => {
    const path = join(tmpdir(), `sluice-${crypto.randomUUID()}.sock`);
    await using started = await start(2, { GRPC_UNIX_SOCKET: path });
    const { sluice } = started;
    for (let i = 0; i < 3; i++) {
      using client = new CheckClient(`unix:${path}`);
      expect(await client.reasonFor(newToken())).toBe('success');
    }
    await sluice.stop();
    const [error] = await once(connect(path), 'error');
    expect(error).toMatchObject({ code: 'ENOENT' });
  });

  it('do not outlive their primary', async () => {
    await using started = await start(2);
    const { sluice } = started;
    process.kill(sluice.pid, 'SIGKILL');
    // It resolves when nobody is left who could write to what was its output.
    expect(await sluice.exitCode).toBeNull();
  });

  it('do not outlive their primary either when nobody reads their log any more', async () => {
    const env = { ...SETTINGS, AUTH_REDIS_URL: NOBODY, WORKERS: '2', LOG_LEVEL: 'debug' };
    const child = spawnSluice(['serve'], env);
    const output = createInterface(child.stdout);
    const { grpc } = await firstLine(output, 'listening');
    using client = new CheckClient(Number(String(grpc).split(':').at(-1)));
    for (let i = 0; i < 10; i++) await client.reasonFor('');
    const gone = once(child.stderr.resume(), 'close');
    child.stdout.destroy();
    child.kill('SIGKILL');
    await gone;
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('all end with %s, and exit code 0', async (signal) => {
    await using started = await start(2, { DRAIN_DELAY_MS: signal === 'SIGINT' ? '600000' : '0' });
    const { sluice, clients } = started;
    await askAll(clients);
    sluice.signal(signal);
    expect(await sluice.exitCode).toBe(0);
    expect(sluice.lines.at(-1)).toMatchObject({ message: 'drained', 'process.pid': sluice.pid });
    expect(sluice.log).not.toContain('crashed');
  });

  it('go on accepting for DRAIN_DELAY_MS, unready, until a second signal', async () => {
    await using started = await start(2, { DRAIN_DELAY_MS: '600000' });
    const { sluice, clients } = started;
    sluice.signal('SIGTERM');
    await until(async () => (await sluice.ready()).body.status === 'draining');
    expect((await sluice.ready()).status).toBe(503);
    await askAll(clients);
    sluice.signal('SIGTERM');
    expect(await sluice.exitCode).toBe(0);
  });

  it('are none when there is only one: the process serves by itself', async () => {
    await using started = await start(1, { LOG_LEVEL: 'debug' });
    const { sluice, clients } = started;
    await askAll(clients);
    expect(await sluice.metric('ext_authz_workers')).toBeUndefined();
    expect((await sluice.ready()).body.components).not.toHaveProperty('workers');
    await sluice.stop();
    expect(new Set(sluice.lines.map((line) => line['process.pid']))).toEqual(new Set([sluice.pid]));
  });
});
