import { expect, it } from 'vitest';
import { KeySetError, wordsOf } from '../../../src/jwt/key-set-error.ts';

const coded = (code: unknown) => Object.assign(new Error('https://user:pass@host'), { code });

it.each<[unknown, string]>([
  [new KeySetError('status 500'), 'status 500'],
  [coded('ECONNREFUSED'), 'ECONNREFUSED'],
  [coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'ERR_TLS_CERT_ALTNAME_INVALID'],
  [new AggregateError([coded('ECONNREFUSED')], 'secret'), 'failed'],
  [coded('a secret'), 'failed'],
  [coded(7), 'failed'],
  [new Error('secret'), 'failed'],
  ['secret', 'failed'],
  [undefined, 'failed'],
])('tells of %s nothing but fixed words', (error, words) => {
  expect(wordsOf(error)).toBe(words);
});
