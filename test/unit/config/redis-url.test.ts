import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRedisUrl } from '../../../src/config/redis-url.ts';

const plain = { host: 'redis.example', port: 6379, db: 0, tls: false };

describe('parseRedisUrl', () => {
  it.each([
    ['redis://redis.example', plain],
    ['redis://redis.example/', plain],
    ['REDIS://redis.example', plain],
    ['rediss://redis.example', { ...plain, tls: true }],
    ['redis://redis.example:6380/3', { ...plain, port: 6380, db: 3 }],
    ['redis://:pass@redis.example', { ...plain, password: 'pass' }],
    ['redis://app:pass@redis.example', { ...plain, username: 'app', password: 'pass' }],
    ['redis://app@redis.example', { ...plain, username: 'app' }],
    ['redis://:p%40ss%2Fw%3Ard%25@redis.example', { ...plain, password: 'p@ss/w:rd%' }],
    ['redis://[::1]:6380', { ...plain, host: '::1', port: 6380 }],
    ['redis://10.0.0.1', { ...plain, host: '10.0.0.1' }],
    [
      'redis+sentinel://a/mymaster',
      { sentinels: [{ host: 'a', port: 26379 }], master: 'mymaster', db: 0, tls: false },
    ],
    [
      'rediss+sentinel://app:p%40ss@a:1,[::1]:2,c/my-master.1/3',
      {
        sentinels: [
          { host: 'a', port: 1 },
          { host: '::1', port: 2 },
          { host: 'c', port: 26379 },
        ],
        ...{ master: 'my-master.1', username: 'app', password: 'p@ss', db: 3, tls: true },
      },
    ],
  ])('reads %s', (text, expected) => {
    expect(parseRedisUrl(text)).toEqual(expected);
  });

  it.each([
    '',
    'redis',
    'redis.example:6379',
    'redis:',
    'redis://',
    'redis:///0',
    'redis://:pass@',
    'rdis://redis.example',
    'http://redis.example',
    'unix:///run/redis.sock',
    'redis+sentinel://redis.example',
    'redis+sentinel://redis.example/',
    'redis+sentinel:///mymaster',
    'redis+sentinel://a,/mymaster',
    'redis+sentinel://a:x,b/mymaster',
    'redis+sentinel://a/my master',
    'redis+sentinel://a/mymaster/x',
    'redis+sentinel://a/mymaster?x=1',
    'redis+cluster://a/mymaster',
    'redis://redis.example:port',
    'redis://redis.example:70000',
    'redis://redis.example/db0',
    'redis://redis.example/0/1',
    'redis://redis.example/-1',
    'redis://redis.example/123456',
    'redis://redis.example?db=1',
    'redis://redis.example/0?protocol=3',
    'redis://redis.example#1',
    'redis://:pa#ss@redis.example',
    'redis://:pa?ss@redis.example',
    'redis://:pa/ss@redis.example',
    'redis://:%zz@redis.example',
    'redis://%ff:pass@redis.example',
    'redis://[::1',
    'redis://redis.example redis://other.example',
  ])('has no use for %j', (text) => {
    expect(parseRedisUrl(text)).toBeUndefined();
  });

  it('gives back any user and password that were percent-encoded', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1 }),
        fc.string({ minLength: 1 }),
        (user, password) => {
          const url = `redis://${encodeURIComponent(user)}:${encodeURIComponent(password)}@h`;
          expect(parseRedisUrl(url)).toMatchObject({ username: user, password });
        },
      ),
    );
  });
});
