import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { USUAL_TYPES } from '../../../src/jwt/header.ts';
import { KeyCacheFile } from '../../../src/jwt/key-cache-file.ts';
import { RemoteKeySet, type RemoteKeySetOptions } from '../../../src/jwt/remote-key-set.ts';
import { TokenCache } from '../../../src/jwt/token-cache.ts';
import { JwtVerifier } from '../../../src/jwt/verifier.ts';
import { type IssuerKey, issuerKey, ScriptedIssuer, turn } from '../../support/jwks.ts';
import { RecordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { claims, ISSUER, signedBy } from '../../support/tokens.ts';
import { until } from '../../support/until.ts';
import { verified } from '../../support/verified.ts';
import { BAD_SIGNATURE, NOW, RULES, verdict } from './verifier-setup.ts';

const SKEW_SEC = 5;
const STALE_MAX_MS = 65 * 60_000;
const MINUTE_MS = 60_000;
const [a, b] = [issuerKey('a'), issuerKey('b')];

class Rig {
  readonly clock = new ManualClock();
  readonly logger = new RecordingLogger();
  readonly issuer = new ScriptedIssuer(a.jwk);
  readonly set: RemoteKeySet;
  readonly verifier: JwtVerifier;

  constructor(options: Partial<RemoteKeySetOptions> = {}) {
    this.set = new RemoteKeySet(
      {
        name: ISSUER,
        fetch: this.issuer.fetch,
        algorithms: ['ES256'],
        clockSkewSec: SKEW_SEC,
        staleMaxMs: STALE_MAX_MS,
        ...options,
      },
      this.clock,
      this.logger,
    );
    const about = { ...RULES, algorithms: ['ES256'] as const, types: USUAL_TYPES, keys: this.set };
    const cache = new TokenCache({ maxEntries: 100, maxBytes: 1 << 20 });
    this.verifier = new JwtVerifier([about], cache, this.clock);
  }

  /** Up, with the first fetch over. */
  static async started(options: Partial<RemoteKeySetOptions> = {}): Promise<Rig> {
    const rig = new Rig(options);
    rig.set.start();
    await rig.over();
    return rig;
  }

  /** Waits for every fetch that was begun. */
  async over(): Promise<void> {
    await until(() => this.count('ext_authz_key_fetches_total') === this.issuer.fetches);
    await turn();
  }

  async advance(ms: number, stepMs = 1_000): Promise<void> {
    for (let done = 0; done < ms; done += stepMs) {
      this.clock.advance(stepMs);
      await this.over();
    }
  }

  has(kid: string): boolean {
    return this.set.candidates(kid, 'ES256').length > 0;
  }

  search(kid: string | undefined, iat: number | undefined = this.clock.epochSeconds()) {
    return this.set.search(kid, 'ES256', iat);
  }

  count(name: string, outcome?: string): number {
    return this.set.instruments
      .filter(({ about }) => about.name === name)
      .filter(({ about }) => outcome === undefined || about.labels?.outcome === outcome)
      .reduce(
        (sum, each) =>
          sum + (each.type === 'gauge' ? each.read() : 'value' in each ? each.value : 0),
        0,
      );
  }

  token({ privateKey, jwk: { kid } }: IssuerKey, override: Record<string, unknown> = {}): string {
    const payload = claims(this.clock.epochSeconds(), { exp: NOW + 10 * 3600, ...override });
    return signedBy('ES256', privateKey, payload, { alg: 'ES256', kid });
  }
}

describe('starting', () => {
  it('is not over before keys have come', async () => {
    const rig = new Rig();
    rig.issuer.failsWith('status 503');
    expect(rig.set.component).toEqual({
      name: `keys:${ISSUER}`,
      state: 'starting',
      detail: '0 keys',
    });
    rig.set.start();
    await rig.over();
    expect(rig.set.component.state).toBe('starting');
    expect(rig.set.component.detail).toBe('0 keys, last error: status 503');

    rig.issuer.has(a.jwk);
    await rig.advance(2_000, 100);
    expect(rig.set.component).toMatchObject({ state: 'ok' });
    expect(rig.has('a')).toBe(true);
  });

  it('lets tokens wait for the fetch under way', async () => {
    const rig = new Rig();
    rig.issuer.hold();
    rig.set.start();
    const outcomes = [rig.search('a'), rig.search('x')];
    rig.issuer.release();
    expect(await Promise.all(outcomes)).toEqual(['found', 'unavailable']);
    expect(rig.issuer.fetches).toBe(1);
  });
});

describe('refreshing', () => {
  it.each<[number | undefined, number]>([
    [undefined, 600],
    [0, 60],
    [300, 300],
    [1e9, 3_600],
  ])('with max-age %s happens within %d seconds', async (maxAgeSec, holdsSec) => {
    const rig = new Rig();
    rig.issuer.maxAgeSec = maxAgeSec;
    rig.set.start();
    await rig.over();
    rig.clock.advance(holdsSec * 800 - 1);
    expect(rig.issuer.fetches).toBe(1);
    rig.clock.advance(holdsSec * 100 + 1);
    expect(rig.issuer.fetches).toBe(2);
    await rig.over();
  });

  it('happens before keys are too old', async () => {
    const rig = await Rig.started({ staleMaxMs: 30_000 });
    await rig.advance(5 * MINUTE_MS);
    expect(rig.set.component.state).toBe('ok');
    expect(rig.logger.text).not.toContain('too old');
  });

  it('finds a new key by its name, also where others have none', async () => {
    const rig = await Rig.started();
    const nameless = issuerKey(undefined);
    rig.issuer.has(a.jwk, nameless.jwk);
    await rig.advance(10 * MINUTE_MS, 10_000);
    const fetches = rig.issuer.fetches;
    const old = rig.token({ ...nameless, jwk: { kid: 'whatever' } });
    expect(verdict(await verified(rig.verifier, old))).toBe('identity');
    expect(rig.issuer.fetches).toBe(fetches);
    rig.issuer.has(a.jwk, nameless.jwk, b.jwk);
    expect(verdict(await verified(rig.verifier, rig.token(b)))).toBe('identity');
    expect(rig.issuer.fetches).toBe(fetches + 1);
    const forged = rig.token(issuerKey('x'));
    expect(verdict(await verified(rig.verifier, forged))).toBe(BAD_SIGNATURE);
    expect(rig.issuer.fetches).toBe(fetches + 2);
    rig.issuer.failsWith('down');
    const unknown = rig.token(issuerKey('y'));
    expect(verdict(await verified(rig.verifier, unknown))).toBe('keys_unavailable');
  });

  it('verifies by either of two keys that share a name', async () => {
    const rig = await Rig.started();
    const twin = issuerKey('a');
    rig.issuer.has(a.jwk, twin.jwk);
    await rig.advance(10 * MINUTE_MS, 10_000);
    for (const key of [a, twin]) {
      expect(verdict(await verified(rig.verifier, rig.token(key)))).toBe('identity');
    }
  });

  it('finds a new key of an issuer that has too many nameless ones to try', async () => {
    const rig = await Rig.started();
    const nameless = Array.from({ length: 5 }, () => issuerKey(undefined).jwk);
    rig.issuer.has(...nameless);
    await rig.advance(10 * MINUTE_MS, 10_000);
    rig.issuer.has(...nameless, b.jwk);
    const token = rig.token(b);
    expect(rig.verifier.peek(token, false)).toBeUndefined();
    expect(verdict(await verified(rig.verifier, token))).toBe('identity');
    expect(verdict(await verified(rig.verifier, rig.token(issuerKey('x'))))).toBe('too_many_keys');
  });

  it('lets a key go, and every token it signed', async () => {
    const rig = await Rig.started();
    rig.issuer.has(a.jwk, b.jwk);
    await rig.advance(10 * MINUTE_MS, 10_000);
    const [byA, byB] = [rig.token(a), rig.token(b)];
    expect(verdict(await verified(rig.verifier, byA))).toBe('identity');
    expect(verdict(await verified(rig.verifier, byB))).toBe('identity');

    rig.issuer.has(b.jwk);
    await rig.advance(10 * MINUTE_MS, 10_000);
    expect(rig.verifier.peek(byA, false)).toBeUndefined();
    expect(verdict(await verified(rig.verifier, byA))).toBe('key_unknown');
    expect(verdict(rig.verifier.peek(byB, true))).toBe('identity');
  });

  it('lets a key go that a token waits to be verified by', async () => {
    const rig = await Rig.started();
    const token = rig.token(a);
    const read = rig.verifier.peek(token, false);
    if (read?.kind !== 'unverified') throw new Error(`${read?.kind}`);
    rig.issuer.has(b.jwk);
    await rig.advance(10 * MINUTE_MS, 10_000);
    expect(verdict(await verified(rig.verifier, token, read))).toBe('key_unknown');
  });

  it('keeps the old keys when the new set cannot be used', async () => {
    const rig = await Rig.started();
    const token = rig.token(a);
    await verified(rig.verifier, token);
    rig.issuer.has({ ...b.jwk, use: 'enc' });
    await rig.advance(10 * MINUTE_MS, 10_000);
    expect(verdict(rig.verifier.peek(token, true))).toBe('identity');
    expect(rig.set.component.state).toBe('degraded');
    expect(rig.set.component.detail).toContain('last error: no usable key: use is not sig');
  });
});

describe('while the issuer is down', () => {
  it('known keys serve for as long as they may', async () => {
    const rig = await Rig.started();
    rig.issuer.failsWith('timeout');
    let failures = 0;
    for (let minute = 0; minute < 60; minute++) {
      await rig.advance(MINUTE_MS, 5_000);
      const outcome = await verified(rig.verifier, rig.token(a));
      if (outcome.kind === 'fault') failures++;
    }
    expect(failures).toBe(0);
    expect(rig.set.component.state).toBe('degraded');
    // Eight minutes up, backing off to a minute, jittered down to half of it.
    expect(rig.issuer.fetches).toBeLessThan(130);
    expect(rig.issuer.fetches).toBeGreaterThan(50);
    expect(rig.logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  it('keys that are too old are given up, with all they signed', async () => {
    const rig = await Rig.started();
    const token = rig.token(a);
    await verified(rig.verifier, token);
    rig.issuer.failsWith('timeout');
    await rig.advance(STALE_MAX_MS - 10_000, 10_000);
    expect(verdict(rig.verifier.peek(token, true))).toBe('identity');

    await rig.advance(10_000);
    expect(rig.has('a')).toBe(false);
    expect(rig.verifier.peek(token, false)).toBeUndefined();
    expect(rig.search('a', NOW)).toBe('unavailable');
    expect(rig.set.component.state).toBe('degraded');
    expect(rig.logger.text).toContain('too old');
  });

  it('keys that were given up come back within the pace of searches', async () => {
    const rig = await Rig.started();
    rig.issuer.failsWith('timeout');
    await rig.advance(STALE_MAX_MS, 10_000);
    rig.issuer.has(a.jwk);
    expect(rig.search('a')).toBe('unavailable');
    await rig.over();
    expect(rig.has('a')).toBe(true);
    expect(rig.set.component.state).toBe('ok');
  });
});

describe('an unknown kid', () => {
  it('is found when the issuer has a new key', async () => {
    const rig = await Rig.started();
    rig.issuer.has(a.jwk, b.jwk);
    expect(verdict(await verified(rig.verifier, rig.token(b)))).toBe('identity');
    expect(rig.issuer.fetches).toBe(2);
    expect(rig.count('ext_authz_key_searches_total', 'found')).toBe(1);
  });

  it('is absent when a fetch that was begun for it does not have it', async () => {
    const rig = await Rig.started();
    expect(verdict(await verified(rig.verifier, rig.token(b)))).toBe('key_unknown');
    expect(rig.count('ext_authz_key_searches_total', 'absent')).toBe(1);
  });

  it('is unavailable when that fetch fails', async () => {
    const rig = await Rig.started();
    rig.issuer.failsWith('ECONNREFUSED');
    expect(verdict(await verified(rig.verifier, rig.token(b)))).toBe('keys_unavailable');
  });

  it('of a token older than the keys is absent at once', async () => {
    const rig = await Rig.started();
    await rig.advance(1_000);
    expect(rig.search('x', NOW - SKEW_SEC - 1)).toBe('absent');
    expect(rig.search(undefined, NOW - SKEW_SEC - 1)).toBe('absent');
    expect(rig.issuer.fetches).toBe(1);
  });

  it.each([
    ['issued within the skew before the fetch', NOW - SKEW_SEC],
    ['issued in the second of the fetch', NOW],
    ['issued just now', NOW + 1],
    ['from a clock that is ahead', NOW + 1 + SKEW_SEC],
    ['that does not say when it was issued', undefined],
  ])('of a token %s is searched for', async (_, iat) => {
    const rig = await Rig.started();
    await rig.advance(1_000);
    expect(rig.set.search('x', 'ES256', iat)).toBeInstanceOf(Promise);
    await rig.over();
    expect(rig.issuer.fetches).toBe(2);
  });

  it('joins the fetch under way, whose outcome holds for older tokens alone', async () => {
    const rig = await Rig.started();
    rig.issuer.has(a.jwk, b.jwk);
    await rig.advance(20_000);
    rig.issuer.hold();
    const now = rig.clock.epochSeconds();
    const own = rig.search('x', now);
    rig.clock.advance(2_000);
    const joined = [
      rig.search('y', now + 1),
      rig.search('y', now - SKEW_SEC),
      rig.search('y', now - SKEW_SEC - 1),
      rig.search('b', now + 1),
      rig.search('y', undefined),
    ];
    rig.issuer.release();
    expect(await own).toBe('absent');
    expect(await Promise.all(joined)).toEqual([
      ...['unavailable', 'unavailable', 'absent', 'found', 'unavailable'],
    ]);
    expect(rig.issuer.fetches).toBe(2);
  });

  it('is unavailable at once when the budget is used up', async () => {
    const rig = await Rig.started();
    for (let i = 0; i < 3; i++) expect(await rig.search('x')).toBe('absent');
    expect(rig.search('x')).toBe('unavailable');
    rig.clock.advance(5_000);
    expect(await rig.search('x')).toBe('absent');
    expect(rig.search('x')).toBe('unavailable');
    expect(rig.issuer.fetches).toBe(5);
  });

  it('costs refreshes nothing', async () => {
    const rig = await Rig.started();
    await rig.advance(9 * MINUTE_MS, 10_000);
    expect(rig.issuer.fetches).toBe(2);
    for (let i = 0; i < 3; i++) expect(await rig.search('x')).toBe('absent');
  });

  it('is not believed absent by a wall clock that was set back', async () => {
    const rig = new Rig();
    rig.clock.setWall(3_600_000);
    rig.set.start();
    await rig.over();
    rig.clock.setWall(-3_600_000);
    await rig.advance(60_000);
    // Issued half a minute after the fetch, although that was an hour later by the wall clock.
    rig.issuer.has(a.jwk, b.jwk);
    expect(await rig.search('b', NOW + 30)).toBe('found');
  });

  it('takes nobody a turn to be verified, where it is known what becomes of it', async () => {
    const rig = await Rig.started();
    const peek = (iat: number) => verdict(rig.verifier.peek(rig.token(b, { iat }), false));
    expect(peek(NOW - SKEW_SEC - 1)).toBe('key_unknown');
    expect(peek(NOW)).toBeUndefined();
    expect(rig.issuer.fetches).toBe(1);
    for (let i = 0; i < 3; i++) expect(await rig.search('x')).toBe('absent');
    expect(peek(NOW)).toBe('keys_unavailable');
    rig.issuer.hold();
    rig.clock.advance(5_000);
    expect(peek(NOW + 5)).toBeUndefined();
    const search = rig.search('x');
    expect(peek(NOW + 5)).toBeUndefined(); // it may wait for the fetch under way
    rig.issuer.release();
    expect(await search).toBe('absent');
  });

  it('ten thousand times a second leads to a burst of three fetches and then one in 5 s', async () => {
    const rig = await Rig.started();
    const outcomes = new Map<string, number>();
    for (let second = 0; second < 10; second++) {
      for (let part = 0; part < 100; part++) {
        const told = Array.from({ length: 100 }, (_, i) => rig.search(`${second}-${part}-${i}`));
        rig.clock.advance(10);
        for (const each of await Promise.all(told))
          outcomes.set(each, (outcomes.get(each) ?? 0) + 1);
      }
      await rig.over();
      expect(rig.issuer.fetches - 1).toBeLessThanOrEqual(3 + Math.floor((second + 1) / 5));
    }
    expect(outcomes.get('found')).toBeUndefined();
    expect((outcomes.get('absent') ?? 0) + (outcomes.get('unavailable') ?? 0)).toBe(100_000);
    expect(rig.issuer.fetches - 1).toBe(4);
    expect(await rig.search('x')).toBe('absent');
    expect(rig.issuer.fetches - 1).toBe(5);
  });

  it('waits together with a thousand others, and no more', async () => {
    const rig = await Rig.started();
    rig.issuer.hold();
    const told = Array.from({ length: 1_001 }, () => rig.search('x'));
    expect(told.filter((each) => each === 'unavailable')).toHaveLength(1);
    rig.issuer.release();
    await Promise.all(told);
    expect(rig.search('x')).toBeInstanceOf(Promise);
    await rig.over();
  });
});

describe('stopping', () => {
  it('leaves nothing behind, and keeps nobody waiting', async () => {
    const rig = await Rig.started();
    rig.issuer.hold();
    const waiting = rig.search('b');
    await rig.set.stop();
    expect(await waiting).toBe('unavailable');
    expect(rig.search('b')).toBe('unavailable');
    expect(rig.clock.pending).toBe(0);
    expect(rig.set.component.state).toBe('stopped');
    expect(rig.has('a')).toBe(true);
    expect(rig.count('ext_authz_key_fetches_total', 'failure')).toBe(0);
  });
});

describe('what is told', () => {
  it('are keys, their age, and how fetches went', async () => {
    const rig = await Rig.started();
    expect(rig.count('ext_authz_keys')).toBe(1);
    await rig.advance(30_000);
    expect(rig.count('ext_authz_keys_age_seconds')).toBe(30);
    expect(rig.set.component).toEqual({
      ...{ name: `keys:${ISSUER}`, state: 'ok', detail: '1 key, read 30 s ago' },
    });
    rig.issuer.failsWith('timeout');
    await rig.search('x');
    expect(rig.count('ext_authz_key_fetches_total', 'success')).toBe(1);
    expect(rig.count('ext_authz_key_fetches_total', 'failure')).toBe(1);
  });

  it('in the log is news alone', async () => {
    const rig = await Rig.started();
    const enc = { ...b.jwk, use: 'enc' };
    rig.issuer.has(a.jwk, enc);
    await rig.advance(20 * MINUTE_MS, 10_000);
    rig.issuer.failsWith('timeout');
    await rig.advance(20 * MINUTE_MS, 10_000);
    rig.issuer.has(a.jwk, enc);
    await rig.advance(20 * MINUTE_MS, 10_000);
    const about = { issuer: ISSUER, keys: 1 };
    expect(rig.logger.lines).toEqual([
      { level: 'info', fields: about, message: 'keys were read' },
      {
        level: 'warn',
        fields: { ...about, skipped: [{ kid: 'b', reason: 'use is not sig' }] },
        message: 'keys were skipped',
      },
      { level: 'warn', fields: { ...about, error: 'timeout' }, message: 'keys cannot be read' },
      { level: 'info', fields: about, message: 'keys were read' },
    ]);
  });
});

describe('the copy on disk', () => {
  const source = 'https://issuer.example/keys';
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-keys-'));
    path = join(folder, 'keys.json');
  });

  afterEach(() => rm(folder, { recursive: true }));

  const cached = () => ({ cache: new KeyCacheFile(path, source) });
  const copy = async () => JSON.parse(await readFile(path, 'utf8'));

  /** After a start whose first fetch fails. */
  async function startedDown(): Promise<Rig> {
    const rig = new Rig(cached());
    rig.issuer.failsWith('ECONNREFUSED');
    rig.set.start();
    await rig.over();
    await until(() => rig.logger.text.includes('copy on disk'));
    await turn();
    return rig;
  }

  it('is written at each fetch: public keys, whose they are, and the time', async () => {
    const rig = new Rig(cached());
    rig.issuer.has({ ...a.jwk, use: 'sig', x5c: ['AA=='] }, { ...b.jwk, use: 'enc' });
    rig.set.start();
    await until(async () => (await readdir(folder)).includes('keys.json'));
    expect(await copy()).toEqual({ source, fetchedAt: NOW, keys: [a.jwk] });
    expect((await stat(path)).mode & 0o777).toBe(0o600);

    rig.issuer.has(b.jwk);
    await rig.advance(10 * MINUTE_MS, 10_000);
    await until(async () => (await copy()).fetchedAt > NOW);
    expect((await copy()).keys).toEqual([b.jwk]);
    expect(await readdir(folder)).toEqual(['keys.json']);
  });

  const write = (content: object) => writeFile(path, JSON.stringify(content));

  it('serves at a start while the issuer is down, until its time is over', async () => {
    const aged = STALE_MAX_MS / 1000 - 600;
    await write({ source, fetchedAt: NOW - aged, keys: [a.jwk] });
    const rig = await startedDown();
    expect(verdict(await verified(rig.verifier, rig.token(a)))).toBe('identity');
    expect(rig.set.component).toEqual({
      name: `keys:${ISSUER}`,
      state: 'degraded',
      detail: `1 key, a copy on disk read ${aged} s ago, last error: ECONNREFUSED`,
    });
    expect(rig.count('ext_authz_keys_age_seconds')).toBe(aged);

    await rig.advance(599_000);
    expect(rig.has('a')).toBe(true);
    await rig.advance(1_000);
    expect(rig.has('a')).toBe(false);
  });

  it('proves no key absent', async () => {
    await write({ source, fetchedAt: NOW - 60, keys: [a.jwk] });
    const rig = await startedDown();
    expect(await rig.search('x', NOW - 1_000)).toBe('unavailable');
  });

  it('gives way to what the issuer has, the same keys staying', async () => {
    await write({ source, fetchedAt: NOW - 60, keys: [a.jwk] });
    const rig = await startedDown();
    const token = rig.token(a);
    await verified(rig.verifier, token);
    rig.issuer.has(a.jwk, b.jwk);
    await rig.advance(2_000);
    expect(rig.set.component).toMatchObject({
      state: 'ok',
      detail: expect.not.stringContaining('copy'),
    });
    expect(verdict(rig.verifier.peek(token, true))).toBe('identity');
  });

  it('is not looked at while the issuer is up', async () => {
    await writeFile(path, 'junk');
    const rig = await Rig.started(cached());
    await until(async () => (await readFile(path, 'utf8')) !== 'junk');
    expect(rig.logger.text).not.toContain('copy on disk');
  });

  it.each<[string, object | string, string]>([
    ['no JSON', 'junk', 'not JSON'],
    ['too old', { source, fetchedAt: NOW - STALE_MAX_MS / 1000, keys: [a.jwk] }, 'too old'],
    ['from the future', { source, fetchedAt: NOW + 60, keys: [a.jwk] }, 'from the future'],
    ['another source', { source: 'https://x', fetchedAt: NOW, keys: [a.jwk] }, 'of another source'],
    ['no time', { source, keys: [a.jwk] }, 'without a time'],
    ['no keys', { source, fetchedAt: NOW }, 'no array of keys'],
    ['a secret', { source, fetchedAt: NOW, keys: [{ kty: 'oct', k: 'AA' }] }, 'secret key'],
  ])('is left alone, and that logged once, when it has %s', async (_, content, words) => {
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    const rig = await startedDown();
    await rig.advance(10_000);
    expect(rig.issuer.fetches).toBeGreaterThan(2);
    expect(rig.set.component.state).toBe('starting');
    const lines = rig.logger.lines.filter(({ message }) => message.includes('copy on disk'));
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).toContain(words);
  });

  it('is written out before the end', async () => {
    const rig = await Rig.started(cached());
    await rig.set.stop();
    expect(await readdir(folder)).toEqual(['keys.json']);
  });

  it('that cannot be written is one warning', async () => {
    path = join(folder, 'nowhere', 'keys.json');
    const rig = await Rig.started(cached());
    await rig.advance(30 * MINUTE_MS, 10_000);
    expect(rig.has('a')).toBe(true);
    expect(rig.set.component.state).toBe('ok');
    await rig.set.stop();
    const lines = rig.logger.lines.filter(({ message }) => message.includes('copy on disk'));
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).toContain('ENOENT');
  });
});
