import { describe, expect, it, vi } from 'vitest';
import { Assembly } from '../../../../src/sources/http2/assembly.ts';

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
});
