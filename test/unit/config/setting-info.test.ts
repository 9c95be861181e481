import { describe, expect, it } from 'vitest';
import { infoOf, settingInfos } from '../../../src/config/setting-info.ts';

describe('settingInfos', () => {
  it.each(settingInfos)('says of $name what it does and what it takes', (info) => {
    expect(info.description).not.toBe('');
    expect(info.allowed).not.toBe('');
    expect(`${info.description}${info.allowed}`).not.toMatch(/undefined|\[object/);
  });

  it('has no required setting with a default', () => {
    for (const { required, fallback } of settingInfos) {
      if (required) expect(fallback).toBeUndefined();
    }
  });

  it('knows the secrets, and only them', () => {
    const secrets = settingInfos.filter(({ secret }) => secret).map(({ name }) => name);
    expect(secrets).toEqual([
      ...['AUTH_REDIS_URL', 'REDIS_SENTINEL_PASSWORD'],
      ...['AUTH_SECRET_KEY', 'AUTH_SECRET_KEY_PREVIOUS'],
    ]);
  });

  it('finds each by its name', () => {
    for (const info of settingInfos) expect(infoOf.get(info.name)).toBe(info);
    expect(infoOf.get('constructor')).toBeUndefined();
  });
});
