import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureGoProgram } from '../../scripts/lib/go.ts';
import { PATIENT_SETTINGS } from '../support/envoy-edits.ts';
import { missingGo } from '../support/go.ts';
import { guard } from '../support/guard.ts';
import { decodeCheckResponse, encodeCheckRequest } from '../support/protobuf.ts';
import { startSluice } from '../support/sluice.ts';
import { bearer, token } from '../support/stack.ts';
import { missing } from '../support/tools.ts';
import { until } from '../support/until.ts';
import { startValkey, type Valkey } from '../support/valkey.ts';

/* A client not written here: Go's gRPC. */

const SOURCE = join(import.meta.dirname, 'go-client');
const BUILD_MS = 300_000;
const SERVICE = 'envoy.service.auth.v3.Authorization';
const NOW = Math.floor(Date.now() / 1000);

interface Result {
  /** How often what came as an answer: a CheckResponse in base64, or an error. */
  readonly answers: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly connects: number;
}

describe.skipIf([missing('valkey'), missingGo()].includes(true))('the client of Go', () => {
  let program: string;
  let valkey: Valkey;

  beforeAll(async () => {
    program = await ensureGoProgram(SOURCE, () => undefined);
    valkey = await startValkey();
    await valkey.command('SET', 'blacklist:revoked', '1');
  }, BUILD_MS);
  afterAll(() => valkey?.stop());

  async function start(settings: Readonly<Record<string, string>> = {}) {
    const sluice = await startSluice({
      AUTH_REDIS_URL: valkey.url,
      // A decision is asked for here, not a speed.
      ...PATIENT_SETTINGS,
      ...settings,
    });
    await until(async () => (await sluice.ready()).status === 200);
    const client = (...args: readonly string[]) => {
      const address = `127.0.0.1:${sluice.grpcPort}`;
      const child = spawn(program, ['-address', address, ...args], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      guard(child);
      return child;
    };
    return {
      sluice,
      /** As many checks of these headers as are asked for, each kind in turn. */
      async check(questions: Readonly<Record<string, Record<string, string>>>, ...args: string[]) {
        const child = client('check', ...args);
        const messages = Object.entries(questions).map(
          ([name, headers]) => [name, encodeCheckRequest({ headers }).toString('base64')] as const,
        );
        child.stdin.end(JSON.stringify(Object.fromEntries(messages)));
        return (await json(child.stdout)) as Result;
      },
      /** What it prints, line by line. */
      lines(...args: readonly string[]): readonly string[] {
        const lines: string[] = [];
        createInterface({ input: client(...args).stdout }).on('line', (line) => lines.push(line));
        return lines;
      },
      [Symbol.asyncDispose]: () => sluice.stop(),
    };
  }

  const questions = {
    success: bearer(token()),
    missing_header: {},
    invalid_token: bearer(token({ exp: NOW - 60 })),
    blacklisted: bearer(token({ jti: 'revoked' })),
  };
  const statuses = {
    success: undefined,
    missing_header: 401,
    invalid_token: 401,
    blacklisted: 403,
  };

  it('gets every decision, again and again, over a few connections', async () => {
    await using service = await start();
    const { answers, connects } = await service.check(questions, '-checks', '8000');
    for (const [reason, httpStatus] of Object.entries(statuses)) {
      const [[answer = '', count] = [], ...others] = Object.entries(answers[reason] ?? {});
      expect(others).toEqual([]);
      expect(count).toBe(2_000);
      const { kind, grpcCode, dynamicMetadata, ...rest } = decodeCheckResponse(
        Buffer.from(answer, 'base64'),
      );
      expect(dynamicMetadata).toEqual({ reason });
      expect(rest.httpStatus).toBe(httpStatus);
      expect(kind).toBe(reason === 'success' ? 'ok_response' : 'denied_response');
      expect(grpcCode === 0).toBe(reason === 'success');
    }
    expect(connects).toBe(4);
  });

  it('loses no check while its connections are renewed', async () => {
    await using service = await start({ GRPC_MAX_CONNECTION_AGE_MS: '1000' });
    const { success } = questions;
    const args = ['-checks', '4000', '-interval', '1ms'];
    const { answers, connects } = await service.check({ success }, ...args);
    expect(Object.values(answers.success ?? {})).toEqual([4_000]);
    expect(connects).toBeGreaterThan(4);
  });

  it('is told the health of what it asks for', async () => {
    await using service = await start();
    const all = ['', SERVICE, 'nobody'].map((name) => service.lines('health', name));
    const served = ['SERVING', 'OK'];
    await expect.poll(() => all).toEqual([served, served, ['NotFound']]);
  });

  it('is told when the health changes, and sees the watch end with the service', async () => {
    await using service = await start({ DRAIN_DELAY_MS: '60000' });
    const lines = service.lines('watch', SERVICE);
    await until(() => lines.length === 1);
    service.sluice.signal('SIGTERM');
    await until(() => lines.length === 2);
    service.sluice.signal('SIGTERM');
    expect(await service.sluice.exitCode).toBe(0);
    await until(() => lines.length === 3);
    expect(lines).toEqual(['SERVING', 'NOT_SERVING', 'OK']);
  });
});
