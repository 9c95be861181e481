import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Call, Settled } from '../../../src/domain/call.ts';
import type {
  Fault,
  Identity,
  OutagePolicy,
  Requirement,
  RevocationQuery,
  TokenPlace,
  TokenVerifier,
  Verdict,
} from '../../../src/domain/claims.ts';
import type { OutcomeSink, RouteFault } from '../../../src/domain/ports.ts';
import { createPipeline, type PipelineOptions } from '../../../src/pipeline/index.ts';
import { type FakeCallOptions, fakeCall } from '../../support/calls.ts';
import { fakeIdentity } from '../../support/identities.ts';
import { RecordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { fakeRequirement } from '../../support/requirements.ts';

const OPTIONS: PipelineOptions = {
  admit: { maxInFlight: 100 },
  latencyTargetMs: 10,
  maxQueueMs: { verification: 50, lookup: 50 },
  refusals: { corsOrigins: [], revokedHttpStatus: 403, failureSignal: 'denied' },
  verify: { perTurn: 2 },
  revoke: { maxSize: 64, maxInFlight: 1, maxAgeMs: 5, maxLookups: 2 },
  outage: { staleMaxMs: 60_000 },
};

function identity(sub: string, extra: { scopes?: string[]; provider?: string } = {}): Identity {
  const { scopes = [], provider } = extra;
  return fakeIdentity({ sub, jti: `jti-${sub}`, scopes: new Set(scopes), told: [sub, provider] });
}

const fault: Fault = { kind: 'fault', reason: 'invalid_token', detail: 'ERR_JWT_EXPIRED' };

interface Setup {
  options?: Partial<PipelineOptions>;
  requirement?: Partial<Requirement>;
  /** Whether each check finds another requirement, though they all say the same. */
  changing?: boolean;
  routeFault?: RouteFault;
  known?: Record<string, Identity | Fault>;
  verify?: (token: string) => Identity | Fault | Promise<Identity | Fault>;
  lookup?: (queries: readonly RevocationQuery[]) => Promise<readonly Verdict[]>;
  sinks?: readonly OutcomeSink[];
  limit?: (calls: number | undefined) => number;
  busyShare?: number;
}

function start(setup: Setup = {}) {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const calls = new Subject<readonly Call[]>();
  const batches: Settled[][] = [];
  const lookups: string[][] = [];
  const verified: string[] = [];
  /** What tokens are whose key has come. */
  const fetched = new Map<string, Identity>();
  const again: string[] = [];
  const verifier: TokenVerifier = {
    peek: (token, cacheOnly) => {
      const known = setup.known?.[token];
      return cacheOnly && known?.kind === 'fault' ? undefined : known;
    },
    verify(token, read) {
      const ready = fetched.get(token);
      if (read !== undefined && ready !== undefined) {
        again.push(token);
        return ready;
      }
      verified.push(token);
      const outcome = setup.verify ? setup.verify(token) : fault;
      if (!(outcome instanceof Promise)) return outcome;
      return outcome.then((each) => {
        if (each?.kind !== 'identity') return each;
        fetched.set(token, each);
        return { kind: 'unverified' };
      });
    },
  };
  const requirement = fakeRequirement({ ...setup.requirement, verifier });
  const pipeline = createPipeline(
    { ...OPTIONS, ...setup.options },
    {
      policy: {
        resolve: () => setup.routeFault ?? (setup.changing ? { ...requirement } : requirement),
      },
      revocations: {
        lookup(queries) {
          lookups.push(queries.map(({ id }) => id));
          if (setup.lookup !== undefined) return setup.lookup(queries);
          return Promise.resolve(
            queries.map(({ id }) => ({
              state: id.includes('revoked') ? 'revoked' : 'not-revoked',
              asOf: clock.now(),
            })),
          );
        },
      },
      sinks: [
        { name: 'probe', settled: (batch) => void batches.push([...batch]) },
        ...(setup.sinks ?? []),
      ],
      clock,
      logger,
      busyShare: () => setup.busyShare ?? 1,
    },
  );
  pipeline.serve({
    calls,
    start: async () => ({ port: 0 }),
    drain: async () => undefined,
    ...(setup.limit && { limit: setup.limit }),
  });
  const send = (...requests: FakeCallOptions[]): Call[] => {
    const batch = requests.map((request) =>
      fakeCall({ arrivedAt: clock.now(), deadline: clock.now() + 150, ...request }),
    );
    calls.next(batch);
    return batch;
  };
  const gauge = (name: string, stage?: string) => {
    const found = pipeline.instruments.find(
      ({ about }) => about.name === name && about.labels?.stage === stage,
    );
    return found?.type === 'gauge' ? found.read() : found?.type === 'counter' ? found.value : NaN;
  };
  return { clock, calls, batches, lookups, verified, again, send, gauge, logger, pipeline };
}

/** Lets everything that was promised happen, the end of the turn included. */
async function settle(clock: ManualClock): Promise<void> {
  for (let turn = 0; turn < 4; turn++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    clock.advance(0);
  }
}

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe('what a request gets', () => {
  const known = {
    alice: identity('alice', { provider: 'google', scopes: ['read'] }),
    bob: identity('bob'),
    mallory: identity('revoked'),
    bad: fault,
  };
  const preflight = { origin: 'https://app.example', 'access-control-request-method': 'PUT' };

  it.each<[string, FakeCallOptions, string]>([
    ['a token that holds', bearer('alice'), 'success'],
    ['a lower-case scheme', { headers: { authorization: 'bearer alice' } }, 'success'],
    ['two spaces after the scheme', { headers: { authorization: 'Bearer  alice' } }, 'success'],
    ['a revoked token', bearer('mallory'), 'blacklisted'],
    ['a token that does not verify', bearer('bad'), 'invalid_token'],
    ['no Authorization', {}, 'missing_header'],
    ['an empty Authorization', { headers: { authorization: '' } }, 'missing_header'],
    ['a scheme alone', { headers: { authorization: 'Bearer' } }, 'invalid_token'],
    ['a scheme and a space', { headers: { authorization: 'Bearer ' } }, 'invalid_token'],
    ['another scheme', { headers: { authorization: 'Basic alice' } }, 'invalid_token'],
    ['two tokens', { headers: { authorization: 'Bearer alice,Bearer bob' } }, 'invalid_token'],
    [
      'two, with space',
      { headers: { authorization: 'Bearer alice, Bearer bob' } },
      'invalid_token',
    ],
    ['a token and more', { headers: { authorization: 'Bearer alice bob' } }, 'invalid_token'],
    ['broken bytes', { fault: 'malformed_request' }, 'malformed_request'],
    ['too many bytes', { fault: 'request_too_large' }, 'request_too_large'],
    ['a preflight', { method: 'OPTIONS', headers: preflight }, 'cors_preflight'],
    ['OPTIONS alone', { method: 'OPTIONS', headers: {} }, 'missing_header'],
    ['OPTIONS with Origin', { method: 'OPTIONS', headers: { origin: 'x' } }, 'missing_header'],
    ['a GET that looks like one', { method: 'GET', headers: preflight }, 'missing_header'],
  ])('%s', async (_, request, reason) => {
    const run = start({ known });
    const [call] = run.send(request);
    await settle(run.clock);
    expect(call?.decision?.reason).toBe(reason);
  });

  it('sets the identity headers it knows and removes the others', async () => {
    const run = start({ known });
    const [alice, bob] = run.send(bearer('alice'), bearer('bob'));
    await settle(run.clock);
    expect(alice?.decision).toMatchObject({
      headers: [
        ['x-user-id', 'alice'],
        ['x-auth-provider', 'google'],
      ],
      headersToRemove: [],
    });
    expect(bob?.decision).toMatchObject({
      headers: [['x-user-id', 'bob']],
      headersToRemove: ['x-auth-provider'],
    });
  });

  it('removes credentials, identity and method overrides from a preflight', async () => {
    const run = start();
    const [call] = run.send({ method: 'OPTIONS', headers: preflight });
    await settle(run.clock);
    expect(call?.decision?.headers).toEqual([]);
    expect([...(call?.decision?.headersToRemove ?? [])].sort()).toEqual([
      'authorization',
      'cookie',
      'x-auth-provider',
      'x-http-method',
      'x-http-method-override',
      'x-method-override',
      'x-user-id',
    ]);
  });

  it('judges a preflight from another origin like any request', async () => {
    const refusals = { ...OPTIONS.refusals, corsOrigins: ['https://app.example'] };
    const run = start({ options: { refusals } });
    const calls = run.send(
      { method: 'OPTIONS', headers: preflight },
      { method: 'OPTIONS', headers: { ...preflight, origin: 'https://evil.example' } },
    );
    await settle(run.clock);
    expect(calls.map((call) => call.decision?.reason)).toEqual([
      'cors_preflight',
      'missing_header',
    ]);
  });

  it('requires every scope of the route, whatever was cached for another', async () => {
    const run = start({ known, requirement: { scopes: ['read'] } });
    const calls = run.send(bearer('alice'), bearer('bob'));
    await settle(run.clock);
    expect(calls.map((call) => call.decision?.reason)).toEqual(['success', 'insufficient_scope']);
  });

  it('lets who has no token pass as nobody where the route says so, and no bad token', async () => {
    const run = start({
      known: { ...known, bad: fault },
      requirement: { anonymous: true },
    });
    const calls = run.send({}, bearer('bad'), bearer('mallory'), bearer('alice'));
    await settle(run.clock);
    expect(calls.map((call) => call.decision?.reason)).toEqual([
      'anonymous',
      'invalid_token',
      'blacklisted',
      'success',
    ]);
    expect(calls[0]?.decision).toMatchObject({
      headers: [],
      headersToRemove: ['x-user-id', 'x-auth-provider'],
    });
  });

  it('wants one of the audiences of the route', async () => {
    const api = fakeIdentity({ aud: ['api', 'web'] });
    const run = start({ known: { api, ...known }, requirement: { audiences: ['web', 'app'] } });
    const calls = run.send(bearer('api'), bearer('alice'));
    await settle(run.clock);
    expect(calls.map((call) => call.decision?.reason)).toEqual(['success', 'wrong_audience']);
  });

  it('lets a token that is bound to a certificate pass with that one alone', async () => {
    const bound = fakeIdentity({ boundTo: 'thumbprint' });
    const run = start({ known: { bound, ...known } });
    const calls = run.send(
      { ...bearer('bound'), certificateThumbprint: 'thumbprint' },
      { ...bearer('bound'), certificateThumbprint: 'another' },
      bearer('bound'),
      { ...bearer('alice'), certificateThumbprint: 'another' },
    );
    await settle(run.clock);
    expect(calls.map((call) => call.decision?.reason)).toEqual([
      'success',
      'invalid_token',
      'invalid_token',
      'success',
    ]);
    expect(calls[1]?.detail).toBe('certificate_mismatch');
  });

  it.each(['misconfigured', 'ambiguous_path'] as const)(
    'answers what no requirement can be found for: %s',
    async (reason) => {
      const run = start({ known, routeFault: { kind: 'route_fault', reason, detail: 'why' } });
      const [call, broken] = run.send(bearer('alice'), { fault: 'malformed_request' });
      await settle(run.clock);
      expect(call?.decision?.reason).toBe(reason);
      expect(call?.detail).toBe('why');
      expect(broken?.decision?.reason).toBe('malformed_request');
      expect(run.lookups).toEqual([]);
    },
  );

  it('asks nothing about tokens that cannot be revoked, and nothing else passes unasked', async () => {
    const irrevocable = { ...fakeIdentity({ sub: 'ci' }), revocation: [], irrevocable: true };
    const unasked = { ...fakeIdentity({ sub: 'odd' }), revocation: [] };
    const run = start({ known: { irrevocable, unasked, ...known } });
    const calls = run.send(bearer('irrevocable'), bearer('alice'));
    await settle(run.clock);
    expect(calls.map((call) => call.decision?.reason)).toEqual(['success', 'success']);
    expect(run.lookups).toEqual([['jti-alice']]);
    const [odd] = run.send(bearer('unasked'));
    await settle(run.clock);
    expect(odd?.decision?.reason).toBe('redis_error');
  });

  it('gives checks of one token one decision, so that it is encoded once', async () => {
    const run = start({ known });
    const [first] = run.send(bearer('alice'));
    await settle(run.clock);
    const [second] = run.send(bearer('alice'));
    await settle(run.clock);
    expect(second?.decision).toBe(first?.decision);
  });

  it('keeps few decisions with a token, however many requirements it meets', async () => {
    const run = start({ known, changing: true });
    for (let i = 0; i < 1_100; i++) {
      run.send(bearer('alice'));
      await settle(run.clock);
    }
    let kept = 0;
    for (let allow = known.alice.allowed; allow !== undefined; allow = allow.next) kept++;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThanOrEqual(513);
  });
});

describe('the token itself', () => {
  const known = { t: identity('alice') };
  const send = async (places: readonly TokenPlace[], request: FakeCallOptions) => {
    const run = start({ known, requirement: { places, identityHeaders: [] } });
    const [call] = run.send(request);
    await settle(run.clock);
    const [again] = run.send(request);
    await settle(run.clock);
    expect(again?.decision).toEqual(call?.decision);
    return { decision: call?.decision, isKept: again?.decision === call?.decision };
  };
  const cookie = (value: string) => ({ headers: { cookie: value } });
  const COOKIE: TokenPlace = { kind: 'cookie', name: 'session', remove: true };

  it.each<[string, TokenPlace, FakeCallOptions, object]>([
    [
      'in the header',
      { kind: 'header', remove: true },
      bearer('t'),
      { headersToRemove: ['authorization'] },
    ],
    [
      'in the query',
      { kind: 'query', name: 'token', remove: true },
      { path: '/?token=t&a=1' },
      { headersToRemove: [], queryToRemove: ['token'] },
    ],
    ['the only cookie', COOKIE, cookie('session=t'), { headers: [], headersToRemove: ['cookie'] }],
    ['among cookies', COOKIE, cookie('a=1; session=t'), { headers: [['cookie', 'a=1']] }],
    [
      'beside a cookie that is no text',
      COOKIE,
      cookie('a=\ufffd; session=t'),
      { headersToRemove: ['cookie'] },
    ],
  ])('is kept from the upstream: %s', async (_, place, request, expected) => {
    const { decision } = await send([place], request);
    expect(decision).toMatchObject({ reason: 'success', headers: [], ...expected });
  });

  it.each<[TokenPlace, FakeCallOptions]>([
    [{ kind: 'header', remove: false }, bearer('t')],
    [{ ...COOKIE, remove: false }, cookie('a=1; session=t')],
    [{ kind: 'query', name: 'token', remove: false }, { path: '/?token=t' }],
  ])('goes on where the policy does not say otherwise', async (place, request) => {
    const { decision, isKept } = await send([place], request);
    expect(decision).toMatchObject({ headers: [], headersToRemove: [], queryToRemove: [] });
    expect(isKept).toBe(true);
  });

  it('is removed from all places where it may stand, whatever was cached for another one', async () => {
    const places: TokenPlace[] = [
      { kind: 'header', remove: true },
      { kind: 'query', name: 'token', remove: true },
      COOKIE,
    ];
    const run = start({ known, requirement: { places, identityHeaders: [] } });
    const both = { ...bearer('t').headers, cookie: 'a=1; session=t' };
    const requests = [bearer('t'), cookie('session=t'), { headers: both }, bearer('t')];
    const calls = requests.flatMap((each) => run.send(each));
    await settle(run.clock);
    expect(calls.map((call) => call.decision?.headersToRemove)).toEqual([
      ...[['authorization'], ['authorization', 'cookie'], ['authorization'], ['authorization']],
    ]);
    expect(calls[2]?.decision?.headers).toEqual([['cookie', 'a=1']]);
    expect(calls.map((call) => call.decision?.queryToRemove)).toEqual(Array(4).fill(['token']));
  });

  it('is removed from a preflight, also from its query', async () => {
    const places: TokenPlace[] = [{ kind: 'query', name: 'token', remove: false }];
    const run = start({ known, requirement: { places } });
    const headers = { origin: 'https://a.example', 'access-control-request-method': 'PUT' };
    const [call] = run.send({ method: 'OPTIONS', path: '/?token=t', headers });
    await settle(run.clock);
    expect(call?.decision).toMatchObject({ reason: 'cors_preflight', queryToRemove: ['token'] });
  });
});

describe('batches', () => {
  const known = { a: identity('a'), b: identity('b') };

  it('keeps a batch together, in one lookup and one delivery', async () => {
    const run = start({ known });
    run.send(bearer('a'), bearer('b'), bearer('a'));
    await settle(run.clock);
    expect(run.lookups).toEqual([['jti-a', 'jti-b']]);
    expect(run.batches.map((batch) => batch.length)).toEqual([3]);
  });

  it('verifies concurrent copies of a token once, and no more tokens a turn than allowed', async () => {
    const run = start({ verify: identity });
    const calls = run.send(bearer('a'), bearer('a'), bearer('b'), bearer('c'));
    expect(run.verified).toEqual(['a', 'b']);
    await settle(run.clock);
    expect(run.verified).toEqual(['a', 'b', 'c']);
    expect(calls.map((call) => call.decision?.reason)).toEqual(Array(4).fill('success'));
    expect(run.lookups).toEqual([['jti-a', 'jti-b'], ['jti-c']]);
  });

  it('verifies no more in a turn than there is time for', async () => {
    const run = start({
      options: { verify: { perTurn: 100 } },
      verify(token) {
        run.clock.spend(1);
        return identity(token);
      },
    });
    const known = run.send(...['a', 'b', 'c', 'd', 'e'].map(bearer));
    expect(run.verified).toEqual(['a', 'b']);
    run.clock.advance(0);
    expect(run.verified).toEqual(['a', 'b', 'c', 'd']);
    await settle(run.clock);
    expect(known.map((call) => call.decision?.reason)).toEqual(Array(5).fill('success'));
  });

  it('verifies what has waited for a key in its turn, and not for who has left', async () => {
    const come = Promise.withResolvers<void>();
    const run = start({ verify: (token) => come.promise.then(() => identity(token)) });
    const names = ['a', 'b', 'c', 'd', 'e'];
    const calls = run.send(...names.map(bearer));
    await settle(run.clock);
    expect(run.verified).toEqual(names);
    calls[1]?.cancel();
    come.resolve();
    await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect(run.again).toEqual([]);
    run.clock.advance(0);
    expect(run.again).toEqual(['a', 'c', 'd', 'e'].slice(0, run.again.length));
    await settle(run.clock);
    expect(run.again).toEqual(['a', 'c', 'd', 'e']);
    expect(run.lookups).toEqual([
      ['jti-a', 'jti-c'],
      ['jti-d', 'jti-e'],
    ]);
    expect(calls.map((call) => call.decision?.reason)).toEqual([
      ...['success', undefined, 'success', 'success', 'success'],
    ]);
  });

  it('lets who waits for a key keep nobody else from being verified', async () => {
    const ends = new Map<string, (outcome: Identity | Fault) => void>();
    const run = start({
      verify: (token) =>
        token.startsWith('new-key')
          ? new Promise((resolve) => ends.set(token, resolve))
          : identity(token),
    });
    const [first, second] = run.send(bearer('new-key-1'), bearer('new-key-2'));
    const [third] = run.send(bearer('a'));
    await settle(run.clock);
    expect(third?.decision?.reason).toBe('success');
    ends.get('new-key-2')?.(identity('b'));
    ends.get('new-key-1')?.({ kind: 'fault', reason: 'keys_unavailable', detail: 'x' });
    await settle(run.clock);
    expect(first?.decision?.reason).toBe('keys_unavailable');
    expect(second?.decision?.reason).toBe('success');
  });

  it('does not verify a token whose callers have all left', async () => {
    const run = start({ verify: () => new Promise(() => undefined) });
    const [, , third] = run.send(bearer('a'), bearer('b'), bearer('c'));
    third?.cancel();
    run.send(bearer('d'));
    expect(run.verified).toEqual(['a', 'b']);
    expect(run.gauge('ext_authz_cancelled_total', 'verify')).toBe(1);
  });
});

describe('time and number', () => {
  const known = { a: identity('a'), b: identity('b') };

  it('refuses what is more than the pipeline may hold', async () => {
    const run = start({
      known,
      options: { admit: { maxInFlight: 2 } },
      lookup: () => new Promise(() => undefined),
    });
    const calls = run.send(bearer('a'), bearer('a'), bearer('a'));
    await settle(run.clock);
    expect(calls.map((call) => call.decision?.reason)).toEqual([undefined, undefined, 'overload']);
    expect(run.gauge('ext_authz_requests_in_flight')).toBe(2);
  });

  it('answers a check held in a hanging lookup 2 ms before its deadline, and frees its slot', async () => {
    const run = start({ known, lookup: () => new Promise(() => undefined) });
    const [call] = run.send(bearer('a'));
    run.clock.advance(140);
    expect(call?.open).toBe(true);
    run.clock.advance(8);
    expect(call?.decision?.reason).toBe('deadline');
    expect(run.gauge('ext_authz_requests_in_flight')).toBe(0);
  });

  it('refuses a check that has waited too long for a lookup', async () => {
    const run = start({ known, lookup: () => new Promise(() => undefined) });
    const [first] = run.send(bearer('a'));
    run.clock.advance(1);
    run.send(bearer('b'));
    run.clock.advance(6);
    const [waiting] = run.send(bearer('b'));
    run.clock.advance(45);
    expect(waiting?.open).toBe(true);
    run.clock.advance(15);
    expect(waiting?.decision?.reason).toBe('overload');
    expect(first?.open).toBe(true);
  });

  it('settles a check at once that has no time left', async () => {
    const run = start({ known });
    const [call] = run.send({ ...bearer('a'), deadline: 0 });
    expect(call?.decision?.reason).toBe('deadline');
    expect(run.lookups).toEqual([]);
  });

  it('lets a late answer change nothing', async () => {
    let answer: (verdicts: Verdict[]) => void = () => undefined;
    const run = start({ known, lookup: () => new Promise((resolve) => (answer = resolve)) });
    const [call] = run.send(bearer('a'));
    run.clock.advance(200);
    answer([{ state: 'not-revoked', asOf: 0 }]);
    await settle(run.clock);
    expect(call?.decision?.reason).toBe('deadline');
    expect(run.batches.flat()).toHaveLength(1);
  });

  it('answers nobody who has left', async () => {
    const run = start({ known });
    const [call] = run.send(bearer('a'));
    call?.cancel();
    await settle(run.clock);
    expect(run.batches).toEqual([]);
    expect(run.gauge('ext_authz_requests_in_flight')).toBe(0);
    expect(run.gauge('ext_authz_cancelled_total', 'revoke')).toBe(1);
  });

  it.each<[string, Setup, string]>([
    ['admit', {}, ''],
    ['verify', { verify: () => new Promise(() => undefined) }, 'unknown'],
    ['revoke', { known, lookup: () => new Promise(() => undefined) }, 'a'],
  ])('counts a check that expires by the stage it was in: %s', (stage, setup, token) => {
    const run = start(setup);
    run.send({ ...bearer(token), ...(token === '' && { deadline: 0 }) });
    run.clock.advance(200);
    const counts = ['admit', 'verify', 'revoke'].map((name) =>
      run.gauge('ext_authz_expired_total', name),
    );
    expect(counts).toEqual(['admit', 'verify', 'revoke'].map((name) => (name === stage ? 1 : 0)));
  });
});

describe('a token about which several things are asked', () => {
  const issuer: RevocationQuery = { scope: 'iss', id: 'i' };
  const user = (issuedAt: number): RevocationQuery => ({ scope: 'sub', id: 'i alice', issuedAt });
  const asking = (...revocation: RevocationQuery[]): Identity => ({
    ...fakeIdentity(),
    revocation,
  });
  const known = {
    old: asking({ scope: 'jti', id: 'old' }, user(1), issuer),
    new: asking({ scope: 'jti', id: 'new' }, user(2), issuer),
    twin: asking({ scope: 'jti', id: 'twin' }, user(1), issuer),
  };
  const revokedIf = (isRevoked: (query: RevocationQuery) => boolean, isUp = () => true) =>
    start({
      known,
      requirement: { outage: 'allow' },
      lookup: async (queries) =>
        queries.map((query) => {
          if (!isUp()) return { state: 'unknown', asOf: 0 };
          return { state: isRevoked(query) ? 'revoked' : 'not-revoked', asOf: 0 };
        }),
    });
  const reasons = async (run: ReturnType<typeof start>, ...tokens: string[]) => {
    const calls = run.send(...tokens.map(bearer));
    await settle(run.clock);
    return calls.map((call) => call.decision?.reason);
  };

  it('shares with others the questions that are the same, but for a user from another time', async () => {
    const run = revokedIf(() => false);
    expect(await reasons(run, 'old', 'new', 'old')).toEqual(['success', 'success', 'success']);
    expect(run.lookups).toEqual([['old', 'i alice', 'i', 'new', 'i alice']]);
  });

  it.each<[string, (query: RevocationQuery) => boolean, readonly string[], string]>([
    ['its jti', ({ id }) => id === 'old', ['blacklisted', 'success'], 'unchecked'],
    ['its user', ({ issuedAt = 9 }) => issuedAt <= 1, ['blacklisted', 'success'], 'blacklisted'],
    ['its issuer', ({ scope }) => scope === 'iss', ['blacklisted', 'blacklisted'], 'blacklisted'],
  ])('is revoked by %s, also in an outage that follows', async (_, isRevoked, expected, twin) => {
    let isUp = true;
    const run = revokedIf(isRevoked, () => isUp);
    expect(await reasons(run, 'old', 'new')).toEqual(expected);
    isUp = false;
    const lenient = expected.map((reason) => (reason === 'success' ? 'unchecked' : reason));
    expect(await reasons(run, 'old', 'new', 'twin')).toEqual([...lenient, twin]);
  });

  it('is revoked when one verdict says so and another is not known', async () => {
    const run = start({
      known,
      lookup: async () => [
        { state: 'unknown', asOf: 0 },
        { state: 'not-revoked', asOf: 0 },
        { state: 'revoked', asOf: 0 },
      ],
    });
    expect(await reasons(run, 'old')).toEqual(['blacklisted']);
  });
});

describe('overload', () => {
  const busy: Partial<PipelineOptions> = { verify: { perTurn: 1 } };
  const names = (count: number) => Array.from({ length: count }, (_, i) => `token-${i}`);

  /** A verifier that takes `ms` for each token, one a turn. */
  function slowly(ms: number | (() => number)) {
    const run = start({
      options: busy,
      verify(token) {
        run.clock.spend(typeof ms === 'number' ? ms : ms());
        return identity(token);
      },
    });
    return run;
  }

  /** Time, in steps small enough for what was promised to happen in between. */
  async function pass(run: ReturnType<typeof start>, ms: number): Promise<void> {
    for (let i = 0; i < ms; i++) {
      run.clock.advance(1);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  it('is refused at once, before any cryptography, by what verifications take now', async () => {
    const run = slowly(10);
    run.send(bearer('first'), bearer('second'));
    await pass(run, 11);
    const calls = run.send(...names(100).map(bearer));
    const refused = calls.filter((call) => call.decision?.reason === 'overload');
    expect(refused.length).toBeGreaterThan(60);
    expect(refused.every((call) => call.detail === 'queue_too_long')).toBe(true);
    expect(run.verified).toEqual(['first', 'second', 'token-0']);
  });

  it('answers in time what it has let in', async () => {
    const run = slowly(10);
    run.send(bearer('first'), bearer('second'));
    await pass(run, 11);
    const calls = run.send(...names(100).map(bearer));
    await pass(run, 120);
    const reasons = Map.groupBy(calls, (call) => call.decision?.reason);
    expect([...reasons.keys()].sort()).toEqual(['overload', 'success']);
    expect(reasons.get('success')?.length).toBeGreaterThanOrEqual(5);
    expect(reasons.get('overload')?.every((call) => call.detail === 'queue_too_long')).toBe(true);
  });

  it('is not held against those who come when nobody waits any more', async () => {
    let ms = 40;
    const run = slowly(() => ms);
    const details = (...tokens: string[]) =>
      run.send(...tokens.map(bearer)).map(({ detail }) => detail);
    run.send(...names(3).map(bearer));
    await pass(run, 1);
    expect(details('a', 'b', 'c')).toContain('queue_too_long');
    ms = 1;
    for (let i = 0; i < 30; i++) {
      await pass(run, 1);
      run.send(bearer(`calm-${i}`));
    }
    await pass(run, 1);
    expect(details(...names(9))).toEqual(names(9).map(() => undefined));
  });

  it('serves the newest first once the oldest have waited for long', async () => {
    const run = slowly(30);
    run.send(bearer('first'), bearer('old'));
    run.send(bearer('new'));
    expect(run.verified).toEqual(['first']);
    await pass(run, 1);
    expect(run.verified).toEqual(['first', 'new']);
  });

  it('is refused where lookups would take too long, before any cryptography', async () => {
    const options = { ...busy, revoke: { maxSize: 1, maxInFlight: 1, maxAgeMs: 0, maxLookups: 1 } };
    const run = start({
      options,
      known: Object.fromEntries(names(10).map((name) => [name, identity(name)])),
      lookup: (queries) =>
        new Promise((done) =>
          run.clock.after(40, () => done(queries.map(() => ({ state: 'not-revoked', asOf: 0 })))),
        ),
    });
    for (let i = 0; i < 20; i++) {
      run.send(bearer('token-0'));
      await pass(run, 41);
    }
    const details = (...tokens: string[]) =>
      run.send(...tokens.map(bearer)).map(({ detail }) => detail);
    const refused = 'queue_too_long';
    // One is asked about, the next can wait for 40 ms, and one after that for no 80.
    expect(details(...names(4))).toEqual([undefined, undefined, refused, refused]);
    expect(details('token-4')).toEqual([undefined]);
    expect(details('token-5', 'never-seen')).toEqual([refused, refused]);
    expect(run.verified).toEqual([]);
  });

  it('asks the source to hold back while checks take longer than they should', async () => {
    const limits: (number | undefined)[] = [];
    const run = start({
      known: { a: identity('a') },
      options: { admit: { maxInFlight: 1_000 } },
      limit: (calls) => limits.push(calls),
    });
    const send = async (latencyMs: number) => {
      for (let i = 0; i < 40; i++) {
        const arrivedAt = run.clock.now() - latencyMs;
        const batch = Array.from({ length: 10 }, () => ({ ...bearer('a'), arrivedAt }));
        run.send(...batch);
        await pass(run, 10);
      }
    };
    await send(1);
    expect(limits).toEqual([]);
    await send(60);
    expect(limits.length).toBeGreaterThan(2);
    expect(limits.at(-1)).toBe(250);
    await send(1);
    expect(limits.at(-1)).toBeUndefined();
  });

  it('refuses what is far above the limit on concurrency', async () => {
    const run = start({
      known: { a: identity('a') },
      options: { latencyTargetMs: 1, admit: { maxInFlight: 1_000 } },
    });
    for (let i = 0; i < 40; i++) {
      run.send(
        ...Array.from({ length: 10 }, () => ({ ...bearer('a'), arrivedAt: run.clock.now() - 50 })),
      );
      await pass(run, 10);
    }
    expect(run.gauge('ext_authz_concurrency_limit')).toBe(250);
    const calls = run.send(...Array.from({ length: 501 }, () => bearer('a')));
    const refused = calls.filter((call) => call.detail === 'concurrency_limit');
    expect(refused).toHaveLength(1);
  });
});

describe('faults', () => {
  const known = { a: identity('a'), b: identity('b'), mallory: identity('revoked') };
  const unknown: Verdict = { state: 'unknown', asOf: 0, detail: 'redis_timeout' };
  const fine: Verdict = { state: 'not-revoked', asOf: 0 };

  it.each<[string, (queries: readonly RevocationQuery[]) => Promise<readonly Verdict[]>]>([
    ['rejects', () => Promise.reject(new Error('down'))],
    [
      'throws',
      () => {
        throw new Error('down');
      },
    ],
    ['answers nothing', async () => []],
    ['answers too much', async () => [fine, fine, fine]],
    ['does not know', async (queries) => queries.map(() => unknown)],
    ['says something else', async (queries) => queries.map(() => ({ state: 0 }) as never)],
  ])('never allows when the store %s', async (_, lookup) => {
    const run = start({ known, lookup });
    const calls = run.send(bearer('a'), bearer('b'));
    await settle(run.clock);
    expect(calls.map((call) => call.decision?.reason)).toEqual(['redis_error', 'redis_error']);
  });

  it('fails only the checks whose verdict is unknown', async () => {
    const run = start({ known, lookup: async () => [fine, unknown] });
    const calls = run.send(bearer('a'), bearer('b'));
    await settle(run.clock);
    expect(calls.map((call) => call.decision?.reason)).toEqual(['success', 'redis_error']);
    expect(calls[1]?.detail).toBe('redis_timeout');
  });

  it.each([
    [900, 'success'],
    [1_000, 'invalid_token'],
  ])('%i ms into a lookup, a token that ends after 1 s is: %s', async (ms, reason) => {
    // A revocation is kept until then: afterwards "not revoked" may mean "forgotten".
    let answer: (verdicts: Verdict[]) => void = () => undefined;
    const lookup = () => new Promise<Verdict[]>((resolve) => (answer = resolve));
    const run = start({ known: { ending: fakeIdentity({ exp: 1_700_000_001 }) }, lookup });
    const [call] = run.send({ ...bearer('ending'), deadline: Number.POSITIVE_INFINITY });
    run.clock.advance(ms);
    answer([fine]);
    await settle(run.clock);
    expect(call?.decision?.reason).toBe(reason);
  });

  it('never allows an identity about which there is nothing to ask', async () => {
    const nobody = { ...identity('a'), revocation: [] };
    const run = start({ known: { nobody } });
    const [call] = run.send(bearer('nobody'));
    await settle(run.clock);
    expect(call?.decision?.reason).toBe('redis_error');
  });

  it('settles as internal a check for which our own code throws, and only that one', async () => {
    const run = start({ known });
    const broken = fakeCall({ deadline: run.clock.now() + 150 });
    Object.defineProperty(broken.check, 'header', {
      value: () => {
        throw new TypeError('boom');
      },
    });
    const fineCall = fakeCall({ ...bearer('a'), deadline: run.clock.now() + 150 });
    run.calls.next([broken, fineCall]);
    await settle(run.clock);
    expect(broken.decision?.reason).toBe('internal');
    expect(fineCall.decision?.reason).toBe('success');
    const [next] = run.send(bearer('b'));
    await settle(run.clock);
    expect(next?.decision?.reason).toBe('success');
  });

  it.each<[string, () => Promise<never>]>([
    ['rejects', () => Promise.reject(new Error('boom'))],
    ['gives nonsense', async () => undefined as never],
  ])('denies when the verifier %s', async (_, verify) => {
    const run = start({ verify });
    const [call] = run.send(bearer('x'));
    await settle(run.clock);
    expect(call?.decision?.reason).toBe('internal');
  });

  it('lets no sink touch a reply or another sink', async () => {
    const seen: string[] = [];
    const run = start({
      known,
      sinks: [
        {
          name: 'broken',
          settled: () => {
            throw new Error('boom');
          },
        },
        {
          name: 'last',
          settled: (batch) => void seen.push(...batch.map((c) => c.decision.reason)),
        },
      ],
    });
    run.send(bearer('a'), bearer('mallory'));
    await settle(run.clock);
    expect(seen).toEqual(['blacklisted', 'success']);
  });
});

describe('an outage of the denylist', () => {
  const gone: Verdict = { state: 'unknown', asOf: 0, detail: 'not_connected' };
  const people = () => ({
    ...{ alice: identity('alice'), bob: identity('bob'), mallory: identity('revoked') },
    bad: fault,
  });

  /** A store that can be taken away. */
  function withStore(outage: OutagePolicy, options: Partial<PipelineOptions> = {}) {
    let isUp = true;
    const run = start({
      ...{ known: people(), requirement: { outage }, options },
      lookup: async (queries) =>
        queries.map(({ id }) => {
          if (!isUp) return gone;
          const state = id.includes('revoked') ? 'revoked' : 'not-revoked';
          return { state, asOf: run.clock.now() };
        }),
    });
    const setOutage = (is: boolean) => {
      isUp = !is;
    };
    const ask = async (...tokens: string[]) => {
      const calls = run.send(...tokens.map(bearer));
      await settle(run.clock);
      return calls.map((call) => call.decision?.reason);
    };
    return { ...run, ask, outage: setOutage };
  }

  it('is an error by default, for verified tokens alone', async () => {
    const { ask, outage, pipeline } = withStore('deny');
    await ask('alice');
    outage(true);
    expect(await ask('alice', 'bad')).toEqual(['redis_error', 'invalid_token']);
    expect(pipeline.component.state).toBe('ok'); // that of Redis says it
  });

  it.each<OutagePolicy>(['deny', 'stale', 'allow'])(
    'keeps what was seen revoked out under %s, as long as its token lives',
    async (policy) => {
      const { ask, outage } = withStore(policy);
      await ask('mallory');
      outage(true);
      expect(await ask('mallory')).toEqual(['blacklisted']);
    },
  );

  it('keeps it out, though an answer to what was asked before comes later', async () => {
    let isUp = true;
    const late = Promise.withResolvers<readonly Verdict[]>();
    const run = start({
      ...{ known: { alice: identity('alice') }, requirement: { outage: 'stale' } },
      lookup: async (queries) => {
        if (run.lookups.length === 1) return late.promise;
        return queries.map(() => (isUp ? { state: 'revoked', asOf: run.clock.now() } : gone));
      },
    });
    const asOf = run.clock.now();
    const [before] = run.send(bearer('alice'));
    await settle(run.clock);
    run.clock.advance(1);
    const [after] = run.send(bearer('alice'));
    run.clock.advance(OPTIONS.revoke.maxAgeMs);
    await settle(run.clock);
    expect(after?.decision?.reason).toBe('blacklisted');
    late.resolve([{ state: 'not-revoked', asOf }]);
    await settle(run.clock);
    expect(before?.decision?.reason).toBe('blacklisted');
    isUp = false;
    const [then] = run.send(bearer('alice'));
    await settle(run.clock);
    expect(then?.decision?.reason).toBe('blacklisted');
  });

  it('lets pass under stale what was found not revoked a short while ago', async () => {
    const { ask, outage, clock } = withStore('stale', { outage: { staleMaxMs: 5_000 } });
    expect(await ask('alice')).toEqual(['success']);
    outage(true);
    expect(await ask('alice', 'bob')).toEqual(['stale_verdict', 'redis_error']);
    clock.advance(5_000);
    expect(await ask('alice')).toEqual(['stale_verdict']);
    clock.advance(1);
    expect(await ask('alice')).toEqual(['redis_error']);
    outage(false);
    expect(await ask('alice', 'mallory')).toEqual(['success', 'blacklisted']);
  });

  it('lets pass under allow whatever verifies', async () => {
    const { ask, outage } = withStore('allow');
    outage(true);
    expect(await ask('bob', 'bad')).toEqual(['unchecked', 'invalid_token']);
    outage(false);
    expect(await ask('bob')).toEqual(['success']);
  });

  it('lets nothing pass that has ended meanwhile', async () => {
    const known = { ending: fakeIdentity({ exp: 1_700_000_001 }) };
    const requirement = { outage: 'allow' } as const;
    const run = start({ known, requirement, lookup: async () => [gone] });
    run.clock.advance(1_000);
    const [call] = run.send(bearer('ending'));
    await settle(run.clock);
    expect(call?.decision?.reason).toBe('invalid_token');
  });

  it('tells of what passes once a second, and of its end', async () => {
    const { ask, outage, clock, logger, pipeline } = withStore('allow');
    outage(true);
    await ask('alice', 'bob');
    expect(pipeline.component).toMatchObject({ name: 'revocation', state: 'degraded' });
    clock.advance(1_000);
    await ask('alice');
    clock.advance(1_000);
    clock.advance(1_000);
    const message = 'checks passed without asking the denylist';
    expect(logger.lines).toEqual([
      { level: 'warn', fields: { stale_verdict: 0, unchecked: 2 }, message },
      { level: 'warn', fields: { stale_verdict: 0, unchecked: 1 }, message },
    ]);
    expect(pipeline.component).toEqual({ name: 'revocation', state: 'ok' });
    expect(clock.pending).toBe(0);
  });

  it('does not take a failure of our own for one', async () => {
    const requirement = { outage: 'allow' } as const;
    const broken = { ...identity('a'), revocation: [] };
    const run = start({ known: { broken, a: identity('a') }, requirement, lookup: async () => [] });
    const calls = run.send(bearer('broken'), bearer('a'));
    await settle(run.clock);
    expect(calls.map((call) => call.decision?.reason)).toEqual(['redis_error', 'redis_error']);
  });
});
