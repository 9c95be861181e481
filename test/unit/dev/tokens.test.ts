import { jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { SAMPLE_TTL_SEC, sampleTokens } from '../../../src/dev/tokens.ts';
import { AUDIENCE, ISSUER, SECRET } from '../../support/tokens.ts';

const verify = (token: string) =>
  jwtVerify(token, new TextEncoder().encode(SECRET), {
    algorithms: ['HS256'],
    issuer: ISSUER,
    audience: AUDIENCE,
    requiredClaims: ['sub', 'jti', 'iat', 'exp'],
  });

describe('sampleTokens', () => {
  const made = sampleTokens({ secret: SECRET, issuer: ISSUER, audience: AUDIENCE });

  it('has one that holds for a day', async () => {
    const { payload } = await verify((await made).valid);
    expect(payload).toMatchObject({ sub: 'alice', provider: 'example', scope: 'read write' });
    expect((payload.exp as number) - (payload.iat as number)).toBe(SAMPLE_TTL_SEC);
  });

  it('has one that has expired', async () => {
    await expect(verify((await made).expired)).rejects.toMatchObject({ code: 'ERR_JWT_EXPIRED' });
  });

  it('has one to be revoked, by the jti it is told with', async () => {
    const { payload } = await verify((await made).revoked);
    expect(payload.jti).toBe((await made).revokedJti);
  });

  it('has three tokens of three ids', async () => {
    const { valid, expired, revoked } = await made;
    const ids = [valid, expired, revoked].map(
      (token) => JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString()).jti,
    );
    expect(new Set(ids).size).toBe(3);
  });
});
