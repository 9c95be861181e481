import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import {
  constants,
  createServer,
  type Http2Session,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCorpus, writeCorpus } from '../../../bench/corpus/corpus.ts';
import {
  type CallerOptions,
  type GeneratorOptions,
  generate,
} from '../../../bench/lib/generator.ts';
import { allowed } from '../../../bench/peers/allowed.ts';
import { ensureGoProgram } from '../../../scripts/lib/go.ts';
import { refuse } from '../../../src/domain/decision.ts';
import { encodeCheckResponse } from '../../../src/sources/codec/check-response.ts';
import { prefixed } from '../../../src/sources/http2/reply.ts';
import { missingGo } from '../../support/go.ts';
import { until } from '../../support/until.ts';

const SOURCE = new URL('../../../bench/load', import.meta.url).pathname;
const overloaded = encodeCheckResponse(refuse('overload'));
const late = encodeCheckResponse(refuse('deadline'));
/** Long enough for nothing to depend on it. */
const AGES_MS = 60_000;

function answer(stream: ServerHttp2Stream, message: Uint8Array, grpcStatus = 0): void {
  if (stream.destroyed) return;
  const head = { ':status': 200, 'content-type': 'application/grpc' };
  stream.respond(head, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': `${grpcStatus}` }));
  stream.end(grpcStatus === 0 ? prefixed(message) : undefined);
}

/** A server that is told of every check, and does what it likes with it. */
async function serve(check: (stream: ServerHttp2Stream) => void, maxConcurrentStreams = 1000) {
  const server = createServer({ settings: { maxConcurrentStreams } });
  const sessions: ServerHttp2Session[] = [];
  server.on('session', (session) => sessions.push(session));
  server.on('stream', (stream) => {
    stream.on('error', () => undefined);
    check(stream);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    sessions,
    [Symbol.dispose]() {
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}

/** Resolves when the peer has seen it, and has done what it does next. */
async function settings(session: Http2Session, maxConcurrentStreams: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  session.settings({ maxConcurrentStreams }, () => resolve());
  await promise;
  await roundTrip(session);
}

function roundTrip(session: Http2Session): Promise<void> {
  return new Promise((resolve) => {
    session.ping(() => resolve());
  });
}

describe.skipIf(missingGo())('the load generator as a caller', () => {
  let program = '';
  let folder = '';
  let corpus = '';

  beforeAll(async () => {
    program = await ensureGoProgram(SOURCE, () => undefined);
    folder = await mkdtemp(join(tmpdir(), 'sluice-caller-'));
    corpus = join(folder, 'corpus.bin');
    const shares = { revokedShare: 0, expiredShare: 0 };
    await writeCorpus(createCorpus({ algorithm: 'HS256', tokens: 10, ...shares }), corpus);
  }, 300_000);

  afterAll(() => rm(folder, { recursive: true }));

  const run = (
    address: string,
    caller: Partial<CallerOptions>,
    options: Partial<GeneratorOptions> = {},
    signal?: AbortSignal,
  ) => {
    const usual = { loop: 'constant', rate: 100, connections: 1, streams: 100, warmupMs: 0 };
    const load = { ...usual, command: [program], address, corpus, timeoutMs: AGES_MS };
    const given = { ...load, durationMs: 400, caller: { tellsRefusals: true, ...caller } };
    return generate({ ...given, ...options } as GeneratorOptions, () => undefined, signal);
  };

  it('obeys a limit on streams that goes down and up in mid-connection', async () => {
    const open = new Set<ServerHttp2Stream>();
    let seen = 0;
    using server = await serve((stream) => {
      seen++;
      open.add(stream);
      stream.once('close', () => open.delete(stream));
    }, 8);
    const over = new AbortController();
    const options = { rate: 1_000, durationMs: AGES_MS };
    const running = run(server.address, {}, options, over.signal).catch(() => 'ended');

    await until(() => seen === 8);
    const [session] = server.sessions as [ServerHttp2Session];
    await roundTrip(session);
    expect(seen).toBe(8);

    await settings(session, 3);
    const first = [...open];
    for (const stream of first.slice(0, 5)) answer(stream, allowed);
    await until(() => open.size === 3);
    await roundTrip(session);
    expect([seen, open.size]).toEqual([8, 3]); // as many as are allowed are still under way
    for (const stream of first.slice(5)) answer(stream, allowed);
    await until(() => seen === 11);
    await roundTrip(session);
    expect([seen, open.size]).toEqual([11, 3]);

    await settings(session, 6);
    await until(() => seen === 14);
    await roundTrip(session);
    expect([seen, open.size]).toEqual([14, 6]);
    over.abort();
    await running;
  });

  it('tells right answers, refusals, cancels and what it could not send apart', async () => {
    const resets: number[] = [];
    let turn = 0;
    using server = await serve((stream) => {
      const kind = turn++ % 6;
      if (kind === 0) answer(stream, allowed);
      if (kind === 1) answer(stream, overloaded);
      if (kind === 2) answer(stream, late);
      if (kind === 3) answer(stream, allowed, 14);
      if (kind === 4) stream.close(constants.NGHTTP2_REFUSED_STREAM);
      if (kind === 5) stream.once('close', () => resets.push(stream.rstCode));
    });
    const options = { rate: 150, timeoutMs: 2_000 };
    const result = await run(server.address, {}, options);
    expect([result.due, result.checks, result.answers]).toEqual([60, 10, { allow: 10 }]);
    expect(result.failed).toEqual({ refused: 40, timeout: 10 });
    expect(result.refusalNs.p50).toBeGreaterThan(0);
    expect(resets).toEqual(Array(10).fill(constants.NGHTTP2_CANCEL));
  });

  it('calls refusals wrong where it is not to tell them', async () => {
    using server = await serve((stream) => answer(stream, overloaded));
    const { failed } = await run(server.address, { tellsRefusals: false });
    expect(failed).toEqual({ wrong: 40 });
  });

  it('takes an answer that comes after the timeout for none', async () => {
    using server = await serve((stream) => void setTimeout(() => answer(stream, allowed), 30));
    const { checks, failed } = await run(server.address, {}, { timeoutMs: 20 });
    expect([checks, failed]).toEqual([0, { timeout: 40 }]);
  });

  it('never takes an allow for right where there has to be none', async () => {
    const revoked = join(folder, 'revoked.bin');
    const shares = { revokedShare: 1, expiredShare: 0 };
    await writeCorpus(createCorpus({ algorithm: 'HS256', tokens: 4, ...shares }), revoked);
    using server = await serve((stream) => answer(stream, allowed));
    const { checks, failed } = await run(server.address, {}, { corpus: revoked });
    expect([checks, failed]).toEqual([0, { wrong: 40 }]);
  });

  it('lets so many wait for a stream, and fails the rest at once', async () => {
    const held: ServerHttp2Stream[] = [];
    let isOpen = false;
    using server = await serve((stream) => {
      if (isOpen) return answer(stream, allowed);
      held.push(stream);
      setTimeout(() => {
        isOpen = true;
        for (const one of held) answer(one, allowed);
      }, 200);
    }, 1);
    const { due, checks, failed } = await run(server.address, { pending: 5 });
    expect(due).toBe(40);
    expect(Object.keys(failed)).toEqual(['unsent']);
    expect(failed.unsent).toBeGreaterThan(0);
    expect(checks + (failed.unsent ?? 0)).toBe(40);
    expect(checks).toBeGreaterThanOrEqual(6); // one was under way, five waited
  });

  it('opens more connections while all are full, and no more than it may', async () => {
    const held: ServerHttp2Stream[] = [];
    let seen = 0;
    using server = await serve((stream) => {
      held.push(stream);
      // As many as fit into three connections.
      if (++seen >= 6) for (const one of held.splice(0)) answer(one, allowed);
    }, 2);
    const options = { timeoutMs: 1_000 };
    const { checks, failed, connections } = await run(server.address, { pool: 3 }, options);
    expect([checks, failed, connections]).toEqual([40, {}, 3]);
  });

  it('keeps the checks of a worker to its own connections', async () => {
    const sessions: unknown[] = [];
    using server = await serve((stream) => {
      if (!sessions.includes(stream.session)) sessions.push(stream.session);
      if (stream.session !== sessions[0]) answer(stream, allowed);
    });
    const options = { connections: 2, streams: 1, timeoutMs: 1_000 };
    const { checks, failed, connections } = await run(server.address, { pool: 1 }, options);
    expect(connections).toBe(2);
    // Those of the worker whose stream is taken have none, though there is one elsewhere.
    const { timeout = 0, unsent = 0, ...others } = failed;
    expect([checks + timeout + unsent, others]).toEqual([40, {}]);
    expect(Math.min(checks, timeout + unsent)).toBeGreaterThan(5);
  });

  it('goes from one rate to another, and tells of the window in slices', async () => {
    let asked = 0;
    using server = await serve((stream) => {
      asked++;
      answer(stream, allowed);
    });
    const caller = { rateBefore: 1_000, sliceMs: 100, paceMs: 1 };
    const result = await run(server.address, caller, { warmupMs: 200 });
    expect([result.due, result.checks]).toEqual([40, 40]);
    expect(asked).toBe(240);
    expect(result.slices.map(({ checks, failed }) => [checks, failed])).toEqual(
      Array(4).fill([10, 0]),
    );
    for (const { p99Ns } of result.slices) expect(p99Ns).toBeGreaterThan(0);
  });
});
