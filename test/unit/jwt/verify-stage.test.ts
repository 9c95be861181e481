import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Call } from '../../../src/domain/call.ts';
import { Queue } from '../../../src/pipeline/queue.ts';
import { Refusals } from '../../../src/pipeline/refusals.ts';
import { verify } from '../../../src/pipeline/verify.ts';
import { fakeCall } from '../../support/calls.ts';
import { fakeRequirement } from '../../support/requirements.ts';
import { claims, signed } from '../../support/tokens.ts';
import { build, NOW, pairOf } from './verifier-setup.ts';

const SECOND = 1000;

const { key } = await pairOf('HS256');

/** The stage around the real verifier: what it lets through, and what it settles. */
function start(expToleranceSec = 0) {
  const { clock, cache, verifier } = build('HS256', key, { expToleranceSec });
  const requirement = fakeRequirement({ verifier });
  const refusals = new Refusals({
    corsOrigins: [],
    revokedHttpStatus: 403,
    failureSignal: 'denied',
  });
  const queue = new Queue('verification', 60_000);
  const lookupQueue = new Queue('lookup', 60_000);
  const calls = new Subject<readonly Call[]>();
  const sent: Call[] = [];
  const passed: Call[] = [];
  calls
    .pipe(verify({ perTurn: 1 }, clock, refusals, queue, lookupQueue))
    .subscribe((batch) => void passed.push(...batch));
  const send = (...tokens: string[]): Call[] => {
    const batch = tokens.map((token) => Object.assign(fakeCall({}), { token, requirement }));
    sent.push(...batch);
    calls.next(batch);
    return batch;
  };
  const outcome = (call: Call | undefined) => {
    if (call === undefined) return 'none';
    if (passed.includes(call)) return 'passed';
    return call.open ? 'open' : `${call.decision?.reason}: ${call.detail}`;
  };
  const settle = async () => {
    while (sent.some((call) => outcome(call) === 'open')) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      clock.advance(0);
    }
  };
  return { clock, cache, send, settle, outcome };
}

const EXPIRED = 'invalid_token: ERR_JWT_EXPIRED';

describe('a token that expires on its way', () => {
  it.each([0, 5])('while it waits for another, with a tolerance of %i', async (tolerance) => {
    const { clock, cache, send, settle, outcome } = start(tolerance);
    const token = signed(claims(NOW, { exp: NOW + 1 }));
    const [first, ...calls] = send(signed(claims(NOW)), token, token);
    expect([first, ...calls].map(outcome)).toEqual(['passed', 'open', 'open']);
    clock.spend((1 + tolerance) * SECOND);
    calls.push(...send(token));
    await settle();

    expect(calls.map(outcome)).toEqual([EXPIRED, EXPIRED, EXPIRED]);
    expect(cache.size).toBe(1);
  });

  it('between two batches, from the cache', async () => {
    const { clock, cache, send, settle, outcome } = start();
    const token = signed(claims(NOW, { exp: NOW + 1 }));
    const [cold] = send(token);
    await settle();
    clock.advance(SECOND - 1);
    const [hit] = send(token);
    clock.advance(1);
    const [late, later] = send(token, token);
    await settle();

    expect([cold, hit, late, later].map(outcome)).toEqual(['passed', 'passed', EXPIRED, EXPIRED]);
    expect(cache.size).toBe(0);
  });

  it('after the clock was set back while it waited: not before nbf', async () => {
    const { clock, send, settle, outcome } = start();
    const [, call] = send(signed(claims(NOW)), signed(claims(NOW, { nbf: NOW, iat: undefined })));
    clock.setWall(-6 * SECOND);
    await settle();

    expect(outcome(call)).toBe('invalid_token: claim_nbf');
  });
});

it('gives one identity to all calls with a token, early and late', async () => {
  const { send, settle, outcome } = start();
  const token = signed(claims(NOW));
  const calls = send(token, token);
  calls.push(...send(token));
  await settle();
  calls.push(...send(token));

  expect(calls.map(outcome)).toEqual(['passed', 'passed', 'passed', 'passed']);
  expect(new Set(calls.map(({ identity }) => identity)).size).toBe(1);
});

it('lets a forged copy, verified beside the original, gain nothing from it', async () => {
  const { cache, send, settle, outcome } = start();
  const token = signed(claims(NOW));
  const forged = `${token.slice(0, -2)}${token.endsWith('AA') ? 'EE' : 'AA'}`;
  const calls = send(token, forged, forged, token);
  await settle();
  calls.push(...send(forged));
  await settle();

  const refused = 'invalid_token: ERR_JWS_SIGNATURE_VERIFICATION_FAILED';
  expect(calls.map(outcome)).toEqual(['passed', refused, refused, 'passed', refused]);
  expect(cache.size).toBe(1);
});
