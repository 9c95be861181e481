import { describe, expect, it } from 'vitest';
import type { RevocationPolicy } from '../../../src/dev/revocation-policy.ts';
import { type RevokeOptions, readRevokeOptions } from '../../../src/dev/revoke-options.ts';
import { UsageError } from '../../../src/usage-error.ts';

const NOW = 1_700_000_000; // 2023-11-14T22:13:20Z
const CONTEXT = { issuer: 'https://own.example', now: NOW, clockSkewSec: 5, policies: undefined };

const read = (options: RevokeOptions, ...args: string[]) =>
  readRevokeOptions(args, options, CONTEXT);

const revocationOf = (options: RevokeOptions) => {
  const task = read(options);
  return task.kind === 'named' ? task.revocation : undefined;
};

/** What is said of it, and that it is about the command line. */
function faultOf(options: RevokeOptions, ...args: string[]): string {
  try {
    read(options, ...args);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  return 'none';
}

describe('readRevokeOptions', () => {
  it('reads a token, to revoke it or to take that back', () => {
    expect(read({}, 'a.b.c')).toEqual({ kind: 'token', argument: 'a.b.c', undo: false });
    expect(read({ undo: true }, '-')).toEqual({ kind: 'token', argument: '-', undo: true });
  });

  const own = 'https://own.example';
  it.each<[RevokeOptions, object]>([
    [{ jti: 'j' }, { scope: 'jti', id: 'j' }],
    [{ sid: 'é s' }, { scope: 'sid', id: 'é s' }],
    [{ sub: 'alice' }, { scope: 'sub', id: `${own} alice`, cutOff: NOW + 5 }],
    [
      { sub: 'alice', issuer: 'x' },
      { scope: 'sub', id: 'x alice', cutOff: NOW + 5 },
    ],
    [{ kid: 'k' }, { scope: 'kid', id: `${own} k` }],
    [
      { kid: 'k', issuer: 'x' },
      { scope: 'kid', id: 'x k' },
    ],
    [
      { all: true, issuer: 'x' },
      { scope: 'iss', id: 'x' },
    ],
  ])('reads %j', (options, revocation) => {
    expect(read(options)).toMatchObject({ kind: 'named', revocation, undo: false });
    expect(read({ ...options, undo: true })).toMatchObject({ revocation, undo: true });
    expect(read({ ...options, ttl: '60' })).toMatchObject({ revocation, ttlSec: 60 });
  });

  it('tells people what is meant, but no id that would open a door', () => {
    const told = (options: RevokeOptions) => (read(options) as { what: string }).what;
    expect(told({ sub: 'al"ice' })).toBe(`the tokens of "al\\"ice" at ${own}`);
    expect(told({ kid: 'k' })).toBe(`what the key "k" of ${own} signed`);
    expect(told({ all: true, issuer: 'x' })).toBe('every token of x');
    expect([told({ jti: 'secret' }), told({ sid: 'secret' })]).toEqual([
      'the token',
      'the session',
    ]);
  });

  it.each<[RevokeOptions, readonly string[], string]>([
    [{}, [], 'nothing to revoke: revoke takes a token, or one of --jti,'],
    [{ ttl: '1' }, [], 'nothing to revoke'],
    [{ issuer: 'x' }, [], '--issuer alone revokes nothing: add --all'],
    [{}, ['a', 'b'], 'revoke takes one token, got 2'],
    [{ sid: 's', sub: 'u' }, [], '--sid and --sub cannot be revoked at once'],
    [{ jti: 'j' }, ['a.b.c'], 'a token and --jti cannot be revoked at once'],
    [{ sub: 'u', all: true, issuer: 'x' }, [], '--sub and --all cannot be revoked at once'],
    [{ issuer: 'x' }, ['a.b.c'], '--issuer is not for a token'],
    [{ ttl: '60' }, ['a.b.c'], '--ttl is not for a token'],
    [{ sid: 's', issuer: 'x' }, [], '--issuer is not for --sid'],
    [{ sid: 's', before: '1' }, [], '--before is not for --sid'],
    [{ kid: 'k', before: '1' }, [], '--before is not for --kid'],
    [{ all: true, issuer: 'x', before: '1' }, [], '--before is not for --all'],
    [{ sub: 'u', undo: true, before: '1' }, [], '--before is not for --undo'],
    [{ sid: 's', undo: true, ttl: '1' }, [], '--ttl is not for --undo'],
    [{ all: true }, [], '--all needs --issuer'],
    [{ sid: '' }, [], '--sid cannot be ""; it must be 1 to 255 bytes of text'],
    [{ jti: 'x'.repeat(256) }, [], '--jti cannot be'],
    [
      { sub: 'alice ' },
      [],
      '--sub cannot be "alice "; it must be 1 to 255 bytes of printable ASCII',
    ],
    [{ kid: 'k', issuer: 'a b' }, [], '--issuer cannot be "a b"'],
    [{ kid: 'k', issuer: '' }, [], '--issuer cannot be ""'],
  ])('refuses %j %j', (options, args, message) => {
    expect(faultOf(options, ...args)).toContain(message);
  });

  it.each(['sub', 'kid'] as const)('asks for the issuer of a %s where none is known', (name) => {
    const nobody = { ...CONTEXT, issuer: undefined };
    expect(() => readRevokeOptions([], { [name]: 'x' }, nobody)).toThrow(
      `--${name} needs --issuer, or AUTH_ISSUER in the environment`,
    );
  });

  it.each(['0', '', '-1', '1.5', '1e3', ' 1', '1000000001', '99999999999'])(
    '--ttl: not %j',
    (ttl) => {
      expect(faultOf({ sid: 's', ttl })).toBe(
        `--ttl cannot be "${ttl}"; it must be an integer of seconds from 1 to 1000000000`,
      );
    },
  );
});

describe('with a policy file', () => {
  const policyOf = (issuer: string, more: Partial<RevocationPolicy>): RevocationPolicy => ({
    ...{ issuer, revocation: 'jti', revokeBy: [], clockSkewSec: 60, maxLifetimeSec: 0 },
    ...more,
  });
  const by = (options: RevokeOptions, ...policies: readonly RevocationPolicy[]) =>
    readRevokeOptions([], options, { ...CONTEXT, policies });
  const own = (more: Partial<RevocationPolicy>) => policyOf(CONTEXT.issuer, more);

  it('takes the clock of the issuer from there', () => {
    expect(by({ sub: 'alice' }, own({ revokeBy: ['sub'] }))).toMatchObject({
      revocation: { scope: 'sub', cutOff: NOW + 60 },
    });
  });

  it.each<[RevokeOptions, Partial<RevocationPolicy>, Partial<RevocationPolicy>]>([
    [{ jti: 'j' }, { revocation: 'sid' }, {}],
    [{ sid: 's' }, {}, { revocation: 'sid' }],
    [{ sid: 's' }, {}, { revokeBy: ['sid'] }],
    [{ sub: 'u' }, { revokeBy: ['sid', 'kid'] }, { revokeBy: ['sub'] }],
    [{ kid: 'k' }, {}, { revokeBy: ['kid'] }],
    [{ all: true, issuer: CONTEXT.issuer }, {}, { revokeBy: ['issuer'] }],
  ])(
    'refuses %j where nothing asks for it (%j), and takes it off all the same',
    (options, no, yes) => {
      expect(() => by(options, own(no))).toThrow(/would revoke nothing: .*; see revoke_by$/);
      expect(by(options, own(yes)).kind).toBe('named');
      expect(by({ ...options, undo: true }, own(no))).toMatchObject({ undo: true });
    },
  );

  it('names the issuers there are', () => {
    expect(() => by({ sub: 'u' }, policyOf('a', {}), policyOf('b', {}))).toThrow(
      'the policy file has no issuer "https://own.example"; it has a, b',
    );
  });
});

describe('--before', () => {
  const cutOffOf = (before: string) => revocationOf({ sub: 'u', before });

  it.each([
    ['0', 0],
    ['1600000000', 1_600_000_000],
    ['2023-11-14T22:13:20Z', NOW],
    ['2023-11-14T22:13:20.999Z', NOW],
    ['2023-11-14t22:13z', NOW - 20],
    ['2023-11-15T00:13:20+02:00', NOW],
    ['2024-02-29T00:00:00Z', undefined],
    [String(NOW + 300), NOW + 300],
  ])('%s is %s', (before, cutOff) => {
    if (cutOff === undefined) expect(faultOf({ sub: 'u', before })).toContain('minutes ahead');
    else expect(cutOffOf(before)).toMatchObject({ cutOff });
  });

  it.each([
    ...['', 'yesterday', '-1', '1.5', '1e9', '0x10', ' 1', '2023-11-14', '2023-11-14T22:13:20'],
    ...['2023-02-29T00:00:00Z', '2023-02-31T00:00:00Z', '2023-13-01T00:00:00Z', '14.11.2023'],
    ...['2023-11-14T25:00:00Z', '2023-11-14T22:13:20+0200', '2023-11-14 22:13:20Z'],
  ])('%j is no time', (before) => {
    expect(faultOf({ sub: 'u', before })).toBe(
      `--before cannot be "${before}"; it must be a time such as 2030-01-31T12:00:00Z, or seconds since 1970`,
    );
  });

  it.each([String(NOW + 301), '1700000000000', '2030-01-01T00:00:00Z'])(
    '%s is too far ahead',
    (before) => {
      expect(faultOf({ sub: 'u', before })).toContain(
        `--before cannot be "${before}": that is more than 5 minutes ahead`,
      );
    },
  );
});
