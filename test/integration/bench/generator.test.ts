import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type handleUnaryCall, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCorpus, writeCorpus } from '../../../bench/corpus/corpus.ts';
import { type GeneratorOptions, generate } from '../../../bench/lib/generator.ts';
import { allowed } from '../../../bench/peers/allowed.ts';
import { ensureGoProgram } from '../../../scripts/lib/go.ts';
import { refuse } from '../../../src/domain/decision.ts';
import { CheckRequest } from '../../../src/sources/codec/check-request.ts';
import { encodeCheckResponse } from '../../../src/sources/codec/check-response.ts';
import { missingGo } from '../../support/go.ts';

const SOURCE = new URL('../../../bench/load', import.meta.url).pathname;
const CHECK = '/envoy.service.auth.v3.Authorization/Check';
const blacklisted = Buffer.from(encodeCheckResponse(refuse('blacklisted')));

type Check = handleUnaryCall<Buffer, Buffer>;

/** A server that does with a check whatever it is told to. */
async function serve(check: Check, options: object = {}) {
  const server = new Server(options);
  const asBuffer = (bytes: Buffer) => bytes;
  server.register(CHECK, check, asBuffer, asBuffer, 'unary');
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    address: `127.0.0.1:${port}`,
    [Symbol.dispose]: () => server.forceShutdown(),
  };
}

const allowAll: Check = (_, callback) => callback(null, allowed);
const silent: Check = () => undefined;

describe.skipIf(missingGo())('the load generator', () => {
  let program = '';
  let folder = '';
  let judged = '';
  let allAllowed = '';

  beforeAll(async () => {
    program = await ensureGoProgram(SOURCE, () => undefined);
    folder = await mkdtemp(join(tmpdir(), 'sluice-generator-'));
    judged = join(folder, 'judged.bin');
    allAllowed = join(folder, 'allowed.bin');
    const shares = { revokedShare: 0.3, expiredShare: 0 };
    const corpus = createCorpus({ algorithm: 'HS256', tokens: 40, ...shares });
    await writeCorpus(corpus, judged);
    await writeCorpus(corpus, allAllowed, true);
  }, 300_000);

  afterAll(() => rm(folder, { recursive: true }));

  const run = (address: string, options: Partial<GeneratorOptions> = {}) => {
    const usual = { loop: 'closed', connections: 2, streams: 4, warmupMs: 0, durationMs: 200 };
    const load = { ...usual, command: [program], address, corpus: allAllowed, timeoutMs: 5_000 };
    return generate({ ...load, ...options } as GeneratorOptions, () => undefined);
  };
  const sum = (counts: Readonly<Record<string, number>>) =>
    Object.values(counts).reduce((total, count) => total + count, 0);

  it('counts right answers in a closed loop', async () => {
    using server = await serve(allowAll);
    const result = await run(server.address);
    expect(result.failed).toEqual({});
    expect(result.checks).toBeGreaterThan(0);
    expect(result.answers).toEqual({ allow: result.checks });
    expect(result.connections).toBe(2);
    expect(result.latencyNs.p50).toBeGreaterThan(0);
    expect(result.cpuSeconds).toBeGreaterThan(0);
  });

  it('knows which answer is right for which token', async () => {
    using server = await serve(allowAll);
    const { answers, failed, examples } = await run(server.address, { corpus: judged });
    expect(answers.allow).toBeGreaterThan(0);
    expect(answers.blacklisted).toBeUndefined();
    expect(failed.wrong).toBeGreaterThan(0);
    expect(examples[0]).toBe('wrong: blacklisted (code 7, HTTP 403) expected, got code 0, HTTP 0');
  });

  it('takes a denial for a right answer where one is due', async () => {
    using server = await serve((_, callback) => callback(null, blacklisted));
    const { answers, failed } = await run(server.address, { corpus: judged });
    expect(answers.blacklisted).toBeGreaterThan(0);
    expect(answers.allow).toBeUndefined();
    expect(failed.wrong).toBeGreaterThan(0);
  });

  it.each([
    ['a gRPC error', { code: status.UNAVAILABLE }, 'grpc-status 14'],
    ['no protobuf', Buffer.from([0x0a]), 'no CheckResponse'],
  ])('calls %s wrong', async (_, answer, example) => {
    using server = await serve((_call, callback) =>
      Buffer.isBuffer(answer) ? callback(null, answer) : callback(answer),
    );
    const { checks, failed, examples } = await run(server.address);
    expect(checks).toBe(0);
    expect(failed.wrong).toBeGreaterThan(0);
    expect(examples[0]).toContain(example);
  });

  it.each(['constant', 'poisson'] as const)('asks all that is due: %s', async (loop) => {
    using server = await serve(allowAll);
    const load = { loop, rate: 200, durationMs: 500, timeoutMs: 20_000, streams: 100 };
    const { checks, failed } = await run(server.address, load);
    expect(failed).toEqual({});
    // 100 are due; a Poisson process is within 60 of that in all but 2 of 10^9 runs, and it is seeded.
    if (loop === 'constant') expect(checks).toBe(100);
    else expect(Math.abs(checks - 100)).toBeLessThan(60);
  });

  it('cancels what gets no answer, and counts it', async () => {
    let cancelled = 0;
    using server = await serve((call) => void call.on('cancelled', () => cancelled++));
    const load = { loop: 'constant', rate: 100, durationMs: 200, timeoutMs: 100 } as const;
    const { checks, failed } = await run(server.address, { ...load, streams: 100 });
    expect(checks).toBe(0);
    expect(failed).toEqual({ timeout: 20 });
    expect(cancelled).toBeGreaterThan(0);
  });

  it('counts what it could not send: the server allows one check at a time', async () => {
    using server = await serve(silent, { 'grpc.max_concurrent_streams': 1 });
    const load = { loop: 'constant', rate: 100, durationMs: 300, timeoutMs: 10_000 } as const;
    const { failed } = await run(server.address, { ...load, connections: 1, timeoutMs: 500 });
    expect(sum(failed)).toBe(30);
    expect(failed.unsent).toBeGreaterThan(20);
  });

  it('replaces a connection after so many checks', async () => {
    using server = await serve(allowAll);
    const load = { loop: 'constant', rate: 200, durationMs: 1_000, connections: 1 } as const;
    const { checks, failed, connections } = await run(server.address, {
      ...load,
      ...{ perConnection: 10, streams: 100, timeoutMs: 20_000 },
    });
    expect([checks, failed]).toEqual([200, {}]);
    expect(connections).toBe(20);
  });

  it('counts the checks of a connection that is lost', async () => {
    using server = await serve((call) => {
      const { stream } = (call as unknown as { call: { nextCall?: unknown; stream?: unknown } })
        .call as {
        stream: { session: { destroy(): void } };
      };
      stream.session.destroy();
    });
    const load = { loop: 'constant', rate: 50, durationMs: 200 } as const;
    const { checks, failed } = await run(server.address, load);
    expect(checks).toBe(0);
    expect(sum(failed)).toBe(10);
    expect(failed.connection).toBeGreaterThan(0);
  });

  it('makes every request id and parent id a new one', async () => {
    const ids = new Set<string>();
    let asked = 0;
    using server = await serve((call, callback) => {
      const check = new CheckRequest(call.request, { rpcHeader: () => undefined });
      asked++;
      for (const name of ['x-request-id', 'traceparent']) ids.add(check.header(name) ?? 'none');
      callback(null, allowed);
    });
    await run(server.address);
    expect(ids.has('none')).toBe(false);
    expect(ids.size).toBe(2 * asked);
  });

  it.each<[string, readonly string[], string]>([
    ['no corpus', [], '-corpus is missing'],
    ['an unknown loop', ['-corpus', 'x', '-loop', 'open'], '-loop is "open"; closed, constant'],
    ['no rate', ['-corpus', 'x', '-loop', 'poisson'], 'needs a -rate above 0'],
    ['a rate where there is none', ['-corpus', 'x', '-rate', '5'], '-rate is for open loops'],
    ['an unknown flag', ['-corpse', 'x'], 'flag provided but not defined: -corpse'],
    ['a file that is not there', ['-corpus', '/nowhere'], 'no such file'],
  ])('refuses %s', async (_, args, why) => {
    const child = spawn(program, args);
    const [code, stderr] = await Promise.all([
      new Promise((resolve) => child.once('close', resolve)),
      text(child.stderr),
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain(why);
  });

  it('says when nobody listens', async () => {
    const server = await serve(allowAll);
    server[Symbol.dispose]();
    await expect(run(server.address)).rejects.toThrow(/load ended with 1: load: .*refused/);
  });
});
