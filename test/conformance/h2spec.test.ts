import { join } from 'node:path';
import { NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { ensureGoProgram } from '../../scripts/lib/go.ts';
import { run } from '../../scripts/lib/run.ts';
import { systemClock } from '../../src/domain/clock.ts';
import { ErrorCode } from '../../src/sources/http2/frame.ts';
import { Http2Source } from '../../src/sources/http2/source.ts';
import { FrameType, frame, openPeer } from '../integration/sources/raw-peer.ts';
import { missingGo } from '../support/go.ts';
import { RecordingLogger } from '../support/logger.ts';
import { GRPC_OPTIONS } from '../support/transport.ts';
import { until } from '../support/until.ts';

/*
 * h2spec asks for GET / and no gRPC: it gets an HTTP status and a text. It was written for RFC 7540;
 * nothing that RFC 9113 changes makes a case of it fail here, so that no case is left out.
 */

const SOURCE = join(import.meta.dirname, 'h2spec');
const RUN_MS = 120_000;
const CASES = 146;

const END_STREAM = 1;
const END_HEADERS = 4;

interface Outcome {
  readonly id: string;
  readonly title: string;
  readonly requirement: string;
  readonly passed: boolean;
  readonly expected: readonly string[] | null;
  readonly actual: string;
}

async function startSource() {
  const readiness = { ready: true, changes: NEVER };
  const source = new Http2Source(GRPC_OPTIONS, readiness, systemClock, new RecordingLogger());
  const { port } = await source.start();
  return { port, [Symbol.asyncDispose]: () => source.drain(0) };
}

async function askAll(): Promise<readonly Outcome[]> {
  const program = await ensureGoProgram(SOURCE, (line) => process.stderr.write(`${line}\n`));
  await using source = await startSource();
  return JSON.parse(await run(program, ['-port', `${source.port}`], RUN_MS));
}

const cannotAsk = missingGo();
// Before there are tests, since each case is to be one.
const outcomes = cannotAsk ? [] : await askAll();
const named = outcomes.map((outcome) => [`${outcome.id}: ${outcome.title}`, outcome] as const);

describe.skipIf(cannotAsk)('h2spec', () => {
  it(`asks ${CASES} cases`, () => {
    expect(outcomes).toHaveLength(CASES);
  });

  it.each(named)('%s', (_, { requirement, passed, expected, actual }) => {
    const what = [requirement, 'Expected:', ...(expected ?? []), 'Actual:', actual].join('\n');
    expect(passed, what).toBe(true);
  });
});

// The last release that can be built as a Go module is 2.2.1: what 2.6.0 asks beside, or otherwise.
describe('a later h2spec', () => {
  it.each([
    [
      'hpack/2.3.3/2: Sends a literal header field representation with invalid index',
      headers('7f0700'),
      ErrorCode.COMPRESSION_ERROR,
    ],
    [
      'hpack/5.2/3: Sends a string literal with the EOS symbol within',
      headers('0085f2b24a84ff874951fffffffa7f'),
      ErrorCode.COMPRESSION_ERROR,
    ],
    [
      'http2/6.7/4: Sends a PING frame of another length than 8',
      frame(FrameType.PING, 0, 0, Buffer.alloc(6)),
      ErrorCode.FRAME_SIZE_ERROR,
    ],
  ])('%s', async (_, bytes, code) => {
    await using source = await startSource();
    await using peer = await (await openPeer(source.port)).greet();
    peer.socket.write(bytes);
    await until(() => peer.closed);
    expect(peer.of(FrameType.GOAWAY).map(codeOf)).toEqual([code]);
  });

  it('http2/3.5/2: Sends an invalid connection preface', async () => {
    await using source = await startSource();
    await using peer = await openPeer(source.port);
    peer.socket.write('INVALID CONNECTION PREFACE\r\n\r\n');
    await until(() => peer.closed);
    expect(peer.of(FrameType.GOAWAY).map(codeOf)).toEqual([ErrorCode.PROTOCOL_ERROR]);
  });
});

function headers(block: string): Buffer {
  const flags = END_STREAM | END_HEADERS;
  return frame(FrameType.HEADERS, flags, 1, Buffer.from(block, 'hex'));
}

const codeOf = ({ payload }: { readonly payload: Buffer }): number => payload.readUInt32BE(4);
