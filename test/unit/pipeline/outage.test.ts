import { describe, expect, it } from 'vitest';
import type { Identity, RevocationQuery } from '../../../src/domain/claims.ts';
import { Outage } from '../../../src/pipeline/outage.ts';
import { fakeIdentity } from '../../support/identities.ts';
import { RecordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { fakeRequirement } from '../../support/requirements.ts';

const NOW = new ManualClock().epochSeconds();
const ISSUER: RevocationQuery = { scope: 'iss', id: 'i' };
const lenient = fakeRequirement({ outage: 'allow' });

const asking = (...revocation: RevocationQuery[]): Identity => ({ ...fakeIdentity(), revocation });
const jti = (id: string): RevocationQuery => ({ scope: 'jti', id });
const user = (issuedAt?: number): RevocationQuery => ({ scope: 'sub', id: 'i alice', issuedAt });

function start() {
  const clock = new ManualClock();
  const outage = new Outage({ staleMaxMs: 1_000 }, clock, new RecordingLogger());
  const judge = (...queries: RevocationQuery[]) => outage.judge(asking(...queries), lenient);
  return { clock, outage, judge };
}

describe('what was found revoked, while nobody can be asked', () => {
  it('stays so for every token that it is about, and for no other', () => {
    const { outage, judge } = start();
    outage.foundRevoked(ISSUER, NOW + 60);
    expect(judge(jti('a'), ISSUER)).toBe('blacklisted');
    expect(judge(jti('b'), ISSUER)).toBe('blacklisted');
    expect(judge(jti('a'), { scope: 'iss', id: 'other' })).toBe('unchecked');
    expect(judge(jti('i'), { scope: 'sid', id: 'i' })).toBe('unchecked');
  });

  it('is of a user what was issued at that time', () => {
    const { outage, judge } = start();
    outage.foundRevoked(user(5), NOW + 60);
    expect([judge(user(5)), judge(user(6)), judge(user())]).toEqual([
      ...['blacklisted', 'unchecked', 'unchecked'],
    ]);
  });

  it('ends with the last token that it was found by', () => {
    const { clock, outage, judge } = start();
    outage.foundRevoked(ISSUER, NOW + 60);
    outage.foundRevoked(ISSUER, NOW + 30);
    clock.advance(59_999);
    expect(judge(ISSUER)).toBe('blacklisted');
    clock.advance(1);
    expect(judge(ISSUER)).toBe('unchecked');
  });

  it('is forgotten once it is found not to be', () => {
    const { outage, judge } = start();
    outage.foundRevoked(ISSUER, NOW + 60);
    outage.foundNotRevoked(asking(jti('a'), ISSUER), lenient, 0);
    expect(judge(ISSUER)).toBe('unchecked');
  });
});
