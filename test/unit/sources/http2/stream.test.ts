import { describe, expect, it } from 'vitest';
import { refuse } from '../../../../src/domain/decision.ts';
import type { StreamOwner } from '../../../../src/sources/http2/stream.ts';
import { CHECK_HEAD, streamOf } from './request.ts';

describe('Stream', () => {
  it('leads all that is answered to its owner', () => {
    const told: unknown[] = [];
    const note = (...parts: readonly unknown[]) => void told.push(parts);
    const owner: StreamOwner = { reply: note, send: note, finish: note };
    const stream = streamOf(1, { owner });
    const decision = refuse('overload');
    const message = Buffer.from('x');
    stream.reply(decision);
    stream.send(message);
    stream.finish(5, 'text');
    stream.finish(0);
    expect(told).toEqual([
      [stream, decision],
      [stream, message],
      [stream, 5, 'text'],
      [stream, 0, ''],
    ]);
  });

  it('keeps what its head said after the next head was read', () => {
    const fields = [...CHECK_HEAD, ['grpc-timeout', '3S'], ['content-length', '9']] as const;
    const stream = streamOf(1, { fields });
    streamOf(3);
    expect(stream).toMatchObject({ timeoutMs: 3_000, contentLength: 9 });
  });

  it('shows metadata, joined where it is repeated', () => {
    const fields = [...CHECK_HEAD, ['b3', '1'], ['x', 'y'], ['b3', '2']] as const;
    const stream = streamOf(1, { fields });
    expect(['b3', 'x', 'z'].map((name) => stream.rpcHeader(name))).toEqual([
      '1, 2',
      'y',
      undefined,
    ]);
  });

  it('shows no metadata that is binary, and nothing of the transport', () => {
    const fields = [
      ...CHECK_HEAD,
      ['grpc-trace-bin', 'AAAA'],
      ['-bin', 'AAAA'],
      ['bin', 'x'],
    ] as const;
    const stream = streamOf(1, { fields });
    for (const name of ['grpc-trace-bin', '-bin', ':path', 'te', 'content-type']) {
      expect(stream.rpcHeader(name)).toBeUndefined();
    }
    expect(stream.rpcHeader('bin')).toBe('x');
  });
});
