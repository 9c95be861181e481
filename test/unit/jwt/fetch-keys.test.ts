import { expect, it } from 'vitest';
import { discoveryFetcher, jwksFetcher } from '../../../src/jwt/fetch-keys.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const clock = new ManualClock();

it.each([
  [
    'http://issuer.example/',
    'an https URL without fragment is needed, got "http://issuer.example/"',
  ],
  ['issuer.example', 'an https URL without fragment is needed, got "issuer.example"'],
  ['', 'an https URL without fragment is needed, got ""'],
  ['ftp://issuer.example', 'an https URL without fragment is needed, got "ftp://issuer.example"'],
  [
    'https://issuer.example/#a',
    'an https URL without fragment is needed, got "https://issuer.example/#a"',
  ],
  ['https://name:secret@issuer.example', 'a URL without user and password is needed'],
  ['http://name:secret@issuer.example', 'a URL without user and password is needed'],
])('%j is no place for keys', (url, message) => {
  expect(() => jwksFetcher(url, { allowHttp: false }, clock)).toThrow(message);
  expect(() => discoveryFetcher(url, { allowHttp: false }, clock)).toThrow(message);
});

it('a query is for a set, not for an issuer', () => {
  const url = 'https://issuer.example/?a=b';
  expect(() => jwksFetcher(url, { allowHttp: false }, clock)).not.toThrow();
  expect(() => discoveryFetcher(url, { allowHttp: false }, clock)).toThrow(
    'an issuer has no query',
  );
});

it('http is taken where it is allowed', () => {
  expect(() => jwksFetcher('http://issuer.example', { allowHttp: true }, clock)).not.toThrow();
  expect(() => jwksFetcher('ftp://issuer.example', { allowHttp: true }, clock)).toThrow(
    'an https or http URL',
  );
});
