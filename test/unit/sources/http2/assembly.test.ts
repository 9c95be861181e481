import { describe, expect, it, vi } from 'vitest';
import { Assembly } from '../../../../src/sources/http2/assembly.ts';
import { BLOCK_BYTES } from '../../../../src/sources/http2/message-reader.ts';

const MIB = 1024 * 1024;

describe('Assembly', () => {
  it('has room for 32 MiB, and not for a byte more', () => {
    const assembly = new Assembly(() => undefined);
    for (let i = 0; i < 32; i++) expect(assembly.take(MIB)).toBe(true);
    expect(assembly.take(1)).toBe(false);
    expect(assembly.take(0)).toBe(true);
  });

  it('takes nothing for what it refuses, and tells of it', () => {
    const onRefused = vi.fn();
    const assembly = new Assembly(onRefused);
    expect(assembly.take(32 * MIB + 1)).toBe(false);
    expect(onRefused).toHaveBeenCalledTimes(1);
    expect(assembly.take(32 * MIB)).toBe(true);
    expect(onRefused).toHaveBeenCalledTimes(1);
  });

  it('has room again for what is given back', () => {
    const assembly = new Assembly(() => undefined);
    assembly.take(32 * MIB);
    assembly.give(10);
    expect(assembly.take(11)).toBe(false);
    expect(assembly.take(10)).toBe(true);
  });

  it('gives one connection a quarter of it', () => {
    const onRefused = vi.fn();
    const whole = new Assembly(() => undefined);
    const share = new Assembly(onRefused, whole);
    expect(share.take(8 * MIB)).toBe(true);
    expect(share.take(1)).toBe(false);
    expect(onRefused).toHaveBeenCalledTimes(1);
    expect(whole.take(24 * MIB)).toBe(true);
    expect(whole.take(1)).toBe(false);
    share.give(MIB);
    expect(whole.take(MIB)).toBe(true);
  });

  it('gives a connection nothing of what others hold', () => {
    const whole = new Assembly(() => undefined);
    const share = new Assembly(() => undefined, whole);
    whole.take(32 * MIB);
    expect(share.take(1)).toBe(false);
    whole.give(8 * MIB);
    expect(share.take(8 * MIB)).toBe(true);
  });

  it('gives blocks out as long as there is room', () => {
    const onRefused = vi.fn();
    const share = new Assembly(onRefused, new Assembly(() => undefined));
    share.take(8 * MIB - BLOCK_BYTES);
    const block = share.takeBlock() as Buffer;
    expect(block).toHaveLength(BLOCK_BYTES);
    expect(share.takeBlock()).toBeUndefined();
    expect(onRefused).toHaveBeenCalledTimes(1);
    share.giveBlock(block);
    expect(share.takeBlock()).toBeDefined();
  });

  it('gives out again what one connection gave back, to any other', () => {
    const whole = new Assembly(() => undefined);
    const [one, other] = [new Assembly(vi.fn(), whole), new Assembly(vi.fn(), whole)];
    const block = one.takeBlock() as Buffer;
    one.giveBlock(block);
    expect(other.takeBlock()).toBe(block);
    expect(other.takeBlock()).not.toBe(block);
  });

  it('keeps 4 MiB of what was given back, and no more', () => {
    const whole = new Assembly(() => undefined);
    const blocks = Array.from({ length: 1_100 }, () => whole.takeBlock() as Buffer);
    for (const block of blocks) whole.giveBlock(block);
    const again = blocks.map(() => whole.takeBlock() as Buffer);
    expect(again.filter((block) => blocks.includes(block))).toHaveLength(1_024);
  });
});
