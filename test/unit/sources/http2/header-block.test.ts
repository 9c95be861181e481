import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeaderBlock } from '../../../../src/sources/http2/header-block.ts';
import { MAX_BLOCK_BYTES } from '../../../../src/sources/http2/hpack/decoder.ts';

const MAX_CONTINUATIONS = 16;

function begun(fragment: Uint8Array = Buffer.alloc(0)): HeaderBlock {
  const block = new HeaderBlock();
  block.begin(1, false, false, fragment, 0);
  return block;
}

describe('HeaderBlock', () => {
  it('is nobody’s until it begins, and when it was taken', () => {
    const block = new HeaderBlock();
    expect(block.stream).toBe(0);
    expect(block.begunAt).toBe(Number.POSITIVE_INFINITY);
    block.begin(7, true, true, Buffer.from('a'), 5);
    expect(block).toMatchObject({ stream: 7, endsStream: true, isSelfDependent: true, begunAt: 5 });
    block.take();
    expect(block).toMatchObject({ stream: 0, begunAt: Number.POSITIVE_INFINITY });
    block.begin(9, false, false, Buffer.from('b'), 6);
    expect(block).toMatchObject({ stream: 9, endsStream: false, isSelfDependent: false });
    expect(block.take().toString()).toBe('b');
  });

  it('puts its parts together in their order', () => {
    const part = fc.uint8Array({ maxLength: 30 });
    fc.assert(
      fc.property(part, fc.array(part, { maxLength: MAX_CONTINUATIONS }), (first, rest) => {
        const block = begun(first);
        for (const fragment of rest) expect(block.add(fragment)).toBe(true);
        expect(block.take()).toEqual(Buffer.concat([first, ...rest]));
      }),
    );
  });

  it('copies them: what they were read from may be used again', () => {
    const chunk = Buffer.from('abcd');
    const block = begun(chunk.subarray(0, 2));
    block.add(chunk.subarray(2));
    chunk.fill('x');
    expect(block.take().toString()).toBe('abcd');
  });

  it.each([0, 1, 100])('has no more than 16 CONTINUATION frames, of %i bytes', (bytes) => {
    const block = begun();
    const results = Array.from({ length: MAX_CONTINUATIONS + 1 }, () =>
      block.add(Buffer.alloc(bytes)),
    );
    expect(results).toEqual([...new Array(MAX_CONTINUATIONS).fill(true), false]);
  });

  it('has no more bytes than are decoded', () => {
    const whole = begun(Buffer.alloc(16_384));
    for (let i = 1; i < 4; i++) expect(whole.add(Buffer.alloc(16_384))).toBe(true);
    expect(whole.take()).toHaveLength(MAX_BLOCK_BYTES);

    const more = begun(Buffer.alloc(16_384));
    for (let i = 1; i < 4; i++) more.add(Buffer.alloc(16_384));
    expect(more.add(Buffer.alloc(1))).toBe(false);
  });

  it('counts anew for every block', () => {
    const block = begun(Buffer.alloc(16_384));
    for (let i = 0; i < MAX_CONTINUATIONS; i++) block.add(Buffer.alloc(2_000));
    block.take();
    block.begin(3, false, false, Buffer.alloc(16_384), 0);
    const results = Array.from({ length: MAX_CONTINUATIONS }, () => block.add(Buffer.alloc(2_000)));
    expect(results).not.toContain(false);
  });
});
