import { describe, expect, it } from 'vitest';
import type { RevocationQuery } from '../../../src/domain/claims.ts';
import {
  isIrrevocable,
  type RevocationRules,
  revocationQueries,
} from '../../../src/jwt/revocation-ids.ts';

const PAYLOAD = { jti: 'j', sid: 's', sub: 'alice', iat: 7 };
const HEADER = { kid: 'k' };
const RULES: RevocationRules = { issuer: 'https://i', revocation: 'jti', revokeBy: [] };

const ask = (rules: Partial<RevocationRules>, payload: object = {}, header: object = HEADER) =>
  revocationQueries({ ...PAYLOAD, ...payload }, header, { ...RULES, ...rules });

const JTI: RevocationQuery = { scope: 'jti', id: 'j' };
const SID: RevocationQuery = { scope: 'sid', id: 's' };
const SUB: RevocationQuery = { scope: 'sub', id: 'https://i alice', issuedAt: 7 };
const KID: RevocationQuery = { scope: 'kid', id: 'https://i k' };
const ISS: RevocationQuery = { scope: 'iss', id: 'https://i' };

describe('revocationQueries', () => {
  it.each<[string, Partial<RevocationRules>, readonly RevocationQuery[]]>([
    ['its jti', {}, [JTI]],
    ['its session', { revocation: 'sid' }, [SID]],
    ['nothing', { revocation: 'none' }, []],
    ['all that it may be', { revokeBy: ['sid', 'sub', 'kid', 'iss'] }, [JTI, SID, SUB, KID, ISS]],
    ['what stands for many', { revocation: 'none', revokeBy: ['iss', 'sub'] }, [ISS, SUB]],
    ['its session, once', { revocation: 'sid', revokeBy: ['sid', 'iss'] }, [SID, ISS]],
  ])('asks of a token: %s', (_, rules, queries) => {
    expect(ask(rules)).toEqual(queries);
  });

  it('asks about session and key where there are some', () => {
    const rules = { revokeBy: ['sid', 'kid'] } as const;
    expect(ask(rules, { sid: undefined }, {})).toEqual([JTI]);
    expect(ask(rules, { sid: undefined })).toEqual([JTI, KID]);
    expect(ask(rules, {}, {})).toEqual([JTI, SID]);
  });

  it('says of a user when the token was issued, if that is known', () => {
    const rules = { revocation: 'none', revokeBy: ['sub'] } as const;
    expect(ask(rules, { iat: 0 })).toEqual([{ ...SUB, issuedAt: 0 }]);
    expect(ask(rules, { iat: undefined })).toEqual([{ ...SUB, issuedAt: undefined }]);
  });

  it('takes users and keys of two issuers for different ones', () => {
    const revokeBy = ['sub', 'kid'] as const;
    const [a, b] = ['https://a', 'https://b'].map((issuer) =>
      ask({ revocation: 'none', revokeBy, issuer }),
    );
    expect(a).toEqual([
      { ...SUB, id: 'https://a alice' },
      { ...KID, id: 'https://a k' },
    ]);
    expect(b).toEqual([
      { ...SUB, id: 'https://b alice' },
      { ...KID, id: 'https://b k' },
    ]);
  });

  const NO_IDS: readonly unknown[] = [
    '',
    '\ud800',
    'x'.repeat(256),
    'é'.repeat(128),
    null,
    1,
    [],
    {},
  ];

  it.each(NO_IDS)('cannot ask about %j, and does not leave it out', (id) => {
    const detail = (outcome: unknown) => (outcome as { detail?: string }).detail;
    expect(detail(ask({}, { jti: id }))).toBe('claim_jti');
    expect(detail(ask({ revocation: 'sid' }, { sid: id }))).toBe('claim_sid');
    expect(detail(ask({ revokeBy: ['sid'] }, { sid: id }))).toBe('claim_sid');
    expect(detail(ask({ revokeBy: ['sub'] }, { sub: id }))).toBe('claim_sub');
    expect(detail(ask({ revokeBy: ['kid'] }, {}, { kid: id }))).toBe('header_kid');
  });

  it.each(['jti', 'sid'] as const)('requires %s where tokens are revoked by it', (revocation) => {
    expect(ask({ revocation }, { [revocation]: undefined })).toEqual({
      ...{ kind: 'fault', reason: 'invalid_token' },
      detail: `claim_${revocation}`,
    });
  });

  it('does not mind what it does not ask about', () => {
    expect(ask({}, { sid: 1 }, { kid: '' })).toEqual([JTI]);
    expect(ask({ revocation: 'sid' }, { jti: 1 })).toEqual([SID]);
  });
});

describe('isIrrevocable', () => {
  it.each<[Partial<RevocationRules>, boolean]>([
    [{ revocation: 'none' }, true],
    [{ revocation: 'none', revokeBy: ['iss'] }, false],
    [{ revocation: 'jti' }, false],
    [{ revocation: 'sid' }, false],
  ])('%j: %s', (rules, expected) => {
    expect(isIrrevocable({ ...RULES, ...rules })).toBe(expected);
  });
});
