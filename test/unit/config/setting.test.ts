import { describe, expect, it } from 'vitest';
import { Setting } from '../../../src/config/setting.ts';

const digit = Setting.of('a digit', (text) => (/^\d$/.test(text) ? Number(text) : undefined));

describe('a setting', () => {
  it('reads what it allows, and nothing else', () => {
    expect(digit.parse('0')).toEqual({ value: 0 });
    expect(digit.parse('x')).toBe('not allowed');
  });

  it('has to be set, unless it is optional or has a default', () => {
    expect(digit.parse(undefined)).toBe('not allowed');
    expect(digit.optional().parse(undefined)).toEqual({ value: undefined });
    expect(digit.default(7).parse(undefined)).toEqual({ value: 7 });
  });

  it('does not fall back to its default for what it refuses', () => {
    expect(digit.default(7).parse('x')).toBe('not allowed');
    expect(digit.optional().parse('x')).toBe('not allowed');
  });

  it('tells of itself', () => {
    expect(digit.info).toMatchObject({ allowed: 'a digit', required: true, secret: false });
    expect(digit.secret().default(7).describe('any').info).toMatchObject({
      ...{ allowed: 'a digit', required: false, fallback: 7, secret: true, description: 'any' },
    });
    expect(digit.optional().info).toMatchObject({ required: false, fallback: undefined });
  });

  it('is left as it was by what is made of it', () => {
    digit.secret();
    digit.default(1);
    expect(digit.info).toMatchObject({ required: true, secret: false, fallback: undefined });
  });
});
