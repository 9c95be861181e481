import { describe, expect, it } from 'vitest';
import type { Fault, Identity } from '../../src/domain/claims.ts';
import type { Algorithm } from '../../src/jwt/algorithms.ts';
import { claimReader } from '../../src/jwt/claim-reader.ts';
import { USUAL_TYPES } from '../../src/jwt/header.ts';
import { JwksReader } from '../../src/jwt/jwks.ts';
import { KeyRing } from '../../src/jwt/key-ring.ts';
import { TokenCache } from '../../src/jwt/token-cache.ts';
import { JwtVerifier } from '../../src/jwt/verifier.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { base64url } from '../support/tokens.ts';
import examples from './jws-examples.json' with { type: 'json' };

/*
 * The signatures in compact form that the RFCs print, with the public keys that they print beside
 * them: what others call valid, and not only we.
 */

const bytes = (text: string) => Buffer.from(text, 'base64url');
const ringOf = async (jwk: object, algorithm: Algorithm) => {
  const reader = new JwksReader({ algorithms: [algorithm], allowSecrets: true });
  return new KeyRing((await reader.read(Buffer.from(JSON.stringify({ keys: [jwk] })))).keys);
};

/** What becomes of a token, whoever issued it. */
async function outcomeOf(token: string, jwk: object, algorithm: Algorithm): Promise<string> {
  const clock = new ManualClock();
  const issuer = {
    ...{ issuer: 'joe', algorithms: [algorithm], types: USUAL_TYPES, clockSkewSec: 5 },
    ...({ audiences: 'any', audienceClaim: 'aud', expToleranceSec: 0, maxLifetimeSec: 0 } as const),
    ...({ revocation: 'none', revokeBy: [], certificateBound: 'off' } as const),
    told: [claimReader(['sub'])],
    keys: await ringOf(jwk, algorithm),
  };
  const cache = new TokenCache({ maxEntries: 1, maxBytes: 1 << 20 });
  const outcome = new JwtVerifier([issuer], cache, clock).verify(token) as Identity | Fault;
  return outcome.kind === 'fault' ? outcome.detail : outcome.kind;
}

describe.each(examples)('$section, by $algorithm', ({ jwk, token, ...more }) => {
  const algorithm = more.algorithm as Algorithm;
  const [header = '', payload = '', signature = ''] = token.split('.');

  it('verifies, and changed in any byte it does not', async () => {
    const ring = await ringOf(jwk, algorithm);
    const keys = ring.candidates((jwk as { kid?: string }).kid, algorithm);
    expect(keys).toHaveLength(1);
    const verifies = (signed: string, by: Uint8Array) => keys[0]?.key.verifies(signed, by);
    const made = bytes(signature);
    expect(made).toHaveLength(keys[0]?.key.signatureBytes as number);
    expect(verifies(`${header}.${payload}`, made)).toBe(true);
    for (let i = 0; i < made.length; i += 7) {
      const changed = Buffer.from(made);
      changed[i] = (changed[i] as number) ^ 1;
      expect(verifies(`${header}.${payload}`, changed)).toBe(false);
    }
    expect(verifies(`${header}.${payload.slice(0, -1)}`, made)).toBe(false);
  });
});

const [mac] = examples as [(typeof examples)[0]];
const NONE = base64url('{"alg":"none"}');
const CLAIMS = mac.token.split('.')[1] as string;

describe('what an RFC prints and we do not take', () => {
  it.each([
    // iss, exp and a claim of its own: who it is for is not among them.
    ['RFC 7519, 3.1: a token without sub', mac.token, 'claim_sub'],
    ['RFC 7519, 6.1: an unsecured one', `${NONE}.${CLAIMS}.`, 'token_grammar'],
    ['the same with a signature', `${NONE}.${CLAIMS}.AAAA`, 'header_alg'],
    ['RFC 7515, A.6: JSON', JSON.stringify({ payload: CLAIMS, signatures: [] }), 'token_grammar'],
    ['RFC 7515, F: detached content', mac.token.replace(/\.[^.]+\./, '..'), 'token_grammar'],
    [
      'RFC 7797, 4.2: a payload that is not encoded',
      'eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19.$.02.A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY',
      'token_grammar',
    ],
    [
      'the same, encoded all the same',
      `${base64url('{"alg":"HS256","b64":false,"crit":["b64"]}')}.${CLAIMS}.${'A'.repeat(43)}`,
      'header_parameter',
    ],
  ])('%s', async (_, token, expected) => {
    expect(await outcomeOf(token, mac.jwk, 'HS256')).toBe(expected);
  });
});
