import { expect, it } from 'vitest';
import { codeOf, RedisFault } from '../../../../src/revocation/redis/errors.ts';

const withCode = (code: unknown) => Object.assign(new Error('quotes blacklist:jti'), { code });

it.each([
  [new RedisFault('reply_timeout'), 'reply_timeout'],
  [withCode('ECONNREFUSED'), 'ECONNREFUSED'],
  [withCode('blacklist:jti'), 'connection_lost'],
  [withCode(7), 'connection_lost'],
  [new Error('WRONGPASS invalid username-password pair'), 'WRONGPASS'],
  [new Error("ERR unknown command 'exists', with args beginning with: blacklist:jti"), 'ERR'],
  [new Error('blacklist:jti is gone'), 'connection_lost'],
  [new Error('Connection is closed.'), 'connection_lost'],
  ['blacklist:jti', 'unknown'],
  [undefined, 'unknown'],
])('tells of %o only a code', (error, code) => {
  expect(codeOf(error)).toBe(code);
});
