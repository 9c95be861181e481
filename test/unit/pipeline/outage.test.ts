import { describe, expect, it } from 'vitest';
import type { Identity, RevocationQuery } from '../../../src/domain/claims.ts';
import { MAX_REVOKED_IDS, Outage } from '../../../src/pipeline/outage.ts';
import { fakeIdentity } from '../../support/identities.ts';
import { RecordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { fakeRequirement } from '../../support/requirements.ts';

const NOW = new ManualClock().epochSeconds();
const ISSUER: RevocationQuery = { scope: 'iss', id: 'i' };
const lenient = fakeRequirement({ outage: 'allow' });
const stale = fakeRequirement({ outage: 'stale' });

const asking = (...revocation: RevocationQuery[]): Identity => ({ ...fakeIdentity(), revocation });
const endingAt = (endsAt: number): Identity => ({ ...fakeIdentity(), endsAt });
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
    outage.foundRevoked(endingAt(NOW + 60), ISSUER);
    expect(judge(jti('a'), ISSUER)).toBe('blacklisted');
    expect(judge(jti('b'), ISSUER)).toBe('blacklisted');
    expect(judge(jti('a'), { scope: 'iss', id: 'other' })).toBe('unchecked');
    expect(judge(jti('i'), { scope: 'sid', id: 'i' })).toBe('unchecked');
  });

  it('is of a user what was issued at that time', () => {
    const { outage, judge } = start();
    outage.foundRevoked(endingAt(NOW + 60), user(5));
    expect([judge(user(5)), judge(user(6)), judge(user())]).toEqual([
      ...['blacklisted', 'unchecked', 'unchecked'],
    ]);
  });

  it('ends with the last token that it was found by', () => {
    const { clock, outage, judge } = start();
    outage.foundRevoked(endingAt(NOW + 60), ISSUER);
    outage.foundRevoked(endingAt(NOW + 30), ISSUER);
    clock.advance(59_999);
    expect(judge(ISSUER)).toBe('blacklisted');
    clock.advance(1);
    expect(judge(ISSUER)).toBe('unchecked');
  });

  it('is forgotten once it is found not to be', () => {
    const { clock, outage, judge } = start();
    outage.foundRevoked(endingAt(NOW + 60), ISSUER);
    clock.advance(1);
    expect(outage.foundNotRevoked(asking(jti('a'), ISSUER), lenient, clock.now())).toBe(true);
    expect(judge(ISSUER)).toBe('unchecked');
  });

  it('is not forgotten by an answer to what was asked before, and that answer does not stand', () => {
    const { clock, outage, judge } = start();
    const asOf = clock.now();
    clock.advance(1);
    const identity = asking(jti('a'), ISSUER);
    outage.foundRevoked(endingAt(NOW + 60), ISSUER);
    expect(outage.foundNotRevoked(identity, stale, asOf)).toBe(false);
    expect(judge(ISSUER)).toBe('blacklisted');
    expect(identity.notRevokedAt).toBe(Number.NEGATIVE_INFINITY);
  });

  it('is as young as the youngest answer, whichever came last', () => {
    const { clock, outage } = start();
    const identity = asking(jti('a'));
    const early = clock.now();
    clock.advance(900);
    outage.foundNotRevoked(identity, stale, clock.now());
    outage.foundNotRevoked(identity, stale, early);
    clock.advance(900);
    expect(outage.judge(identity, stale)).toBe('stale_verdict');
  });

  it('passes no more on an older verdict, though more are revoked than are remembered', () => {
    const { clock, outage } = start();
    const identity = asking(jti('victim'));
    expect(outage.foundNotRevoked(identity, stale, clock.now())).toBe(true);
    expect(outage.judge(identity, stale)).toBe('stale_verdict');
    outage.foundRevoked(identity, jti('victim'));
    for (let i = 0; i < MAX_REVOKED_IDS; i++) outage.foundRevoked(fakeIdentity(), jti(`${i}`));
    expect(outage.judge(identity, stale)).toBe('redis_error');
  });
});
