import type { RevocationScope } from '../domain/claims.ts';
import { isHeaderSafe } from '../jwt/claim-reader.ts';
import { idWithin, isIdentifier } from '../jwt/revocation-ids.ts';
import type { Revocation } from '../revocation/revocation.ts';
import { UsageError } from '../usage-error.ts';
import { isAskedBy, type RevocationPolicy } from './revocation-policy.ts';

/** As they stand on the command line. */
export interface RevokeOptions {
  readonly jti?: string | undefined;
  readonly sid?: string | undefined;
  readonly sub?: string | undefined;
  readonly kid?: string | undefined;
  readonly all?: boolean | undefined;
  readonly issuer?: string | undefined;
  readonly before?: string | undefined;
  readonly ttl?: string | undefined;
  readonly undo?: boolean | undefined;
}

/** What the command is to do: with a token, which `-` names, or with what options name. */
export type RevokeTask =
  | { readonly kind: 'token'; readonly argument: string; readonly undo: boolean }
  | {
      readonly kind: 'named';
      readonly revocation: Revocation;
      /** For people; ids that whoever has one could use are not in it. */
      readonly what: string;
      /** The option that names it. */
      readonly by: string;
      /** Seconds that tokens live, if that was said. */
      readonly ttlSec: number | undefined;
      readonly undo: boolean;
    };

type Name = keyof RevokeOptions;

/** What can be revoked, one at a time, and the options that go with each. */
const SUBJECTS = {
  jti: ['ttl', 'undo'],
  sid: ['ttl', 'undo'],
  sub: ['issuer', 'before', 'ttl', 'undo'],
  kid: ['issuer', 'ttl', 'undo'],
  all: ['issuer', 'ttl', 'undo'],
} as const satisfies Partial<Record<Name, readonly Name[]>>;
type Subject = keyof typeof SUBJECTS;

const MAX_TTL_SEC = 1_000_000_000;
/** How far a cut-off may lie ahead: as much as the clock of an issuer may. */
const MAX_AHEAD_SEC = 300;
/** With a zone, or nobody could tell which instant is meant (RFC 3339, section 5.6). */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/i;

interface Context {
  /** Whose users and keys are meant where none is named. */
  readonly issuer: string | undefined;
  /** Epoch seconds. */
  readonly now: number;
  /** How far the clock of an issuer may be ahead that the policy file does not have. */
  readonly clockSkewSec: number;
  /** Of the issuers in the policy file; undefined where there is none. */
  readonly policies: readonly RevocationPolicy[] | undefined;
}

/**
 * Reads the arguments and options of the command. Throws a UsageError that names what contradicts or
 * is not allowed.
 */
export function readRevokeOptions(
  args: readonly string[],
  options: RevokeOptions,
  context: Context,
): RevokeTask {
  const given = (Object.keys(options) as Name[]).filter((name) => options[name] !== undefined);
  const subjects = (Object.keys(SUBJECTS) as Subject[]).filter((name) => given.includes(name));
  const [argument, ...more] = args;
  if (more.length > 0) throw new UsageError(`revoke takes one token, got ${args.length}`);
  const named = [...(argument === undefined ? [] : ['a token']), ...subjects.map(dashed)];
  if (named.length > 1) throw new UsageError(`${named.join(' and ')} cannot be revoked at once`);
  const [subject] = subjects;
  if (named.length === 0) throw new UsageError(nothingNamed(given));
  const fitting: readonly Name[] = subject === undefined ? ['undo'] : SUBJECTS[subject];
  const odd = given.find((name) => name !== subject && !fitting.includes(name));
  if (odd !== undefined) throw new UsageError(`${dashed(odd)} is not for ${named[0]}`);
  const undo = options.undo ?? false;
  const useless = undo ? given.find((name) => name === 'ttl' || name === 'before') : undefined;
  if (useless !== undefined) throw new UsageError(`${dashed(useless)} is not for --undo`);
  if (subject === undefined) return { kind: 'token', argument: argument as string, undo };
  const ttlSec = options.ttl === undefined ? undefined : readTtl(options.ttl);
  return { kind: 'named', ...subjectOf(subject, options, context), ttlSec, undo };
}

function nothingNamed(given: readonly Name[]): string {
  const choices = 'revoke takes a token, or one of --jti, --sid, --sub, --kid, --issuer with --all';
  return given.includes('issuer')
    ? `--issuer alone revokes nothing: add --all if every token of the issuer is meant; ${choices}`
    : `nothing to revoke: ${choices}`;
}

function subjectOf(
  subject: Subject,
  options: RevokeOptions,
  { issuer: standard, now, clockSkewSec, policies }: Context,
): { readonly revocation: Revocation; readonly what: string; readonly by: string } {
  const by = dashed(subject);
  const { undo = false } = options;
  const mustBeAsked = (scope: RevocationScope, issuer?: string): void => {
    if (!undo) requireAsked(by, scope, issuer, policies);
  };
  if (subject === 'all') {
    const issuer = issuerFor(by, options.issuer);
    mustBeAsked('iss', issuer);
    return { revocation: { scope: 'iss', id: issuer }, what: `every token of ${issuer}`, by };
  }
  const id = options[subject] ?? '';
  if (!(subject === 'sub' ? isHeaderSafe(id) : isIdentifier(id))) {
    const text = subject === 'sub' ? 'printable ASCII without outer space' : 'text';
    throw new UsageError(
      `${by} cannot be ${JSON.stringify(id)}; it must be 1 to 255 bytes of ${text}, as in tokens`,
    );
  }
  if (subject === 'jti' || subject === 'sid') mustBeAsked(subject);
  if (subject === 'jti') return { revocation: { scope: 'jti', id }, what: 'the token', by };
  if (subject === 'sid') return { revocation: { scope: 'sid', id }, what: 'the session', by };
  const issuer = issuerFor(by, options.issuer ?? standard);
  mustBeAsked(subject, issuer);
  const revoked = { id: idWithin(issuer, id) };
  const quoted = JSON.stringify(id);
  if (subject === 'kid') {
    const what = `what the key ${quoted} of ${issuer} signed`;
    return { revocation: { scope: 'kid', ...revoked }, what, by };
  }
  // What was issued just now may say that it was a little later.
  const aheadSec = policies?.find((each) => each.issuer === issuer)?.clockSkewSec ?? clockSkewSec;
  const cutOff = options.before === undefined ? now + aheadSec : readTime(options.before, now);
  const what = `the tokens of ${quoted} at ${issuer}`;
  return { revocation: { scope: 'sub', ...revoked, cutOff }, what, by };
}

/** Nobody is to be told that what passes all the same was revoked. */
function requireAsked(
  by: string,
  scope: RevocationScope,
  issuer: string | undefined,
  policies: readonly RevocationPolicy[] | undefined,
): void {
  if (policies === undefined) return;
  const named = policies.filter((each) => issuer === undefined || each.issuer === issuer);
  if (named.length === 0) {
    const names = policies.map((each) => each.issuer).join(', ');
    throw new UsageError(
      `the policy file has no issuer ${JSON.stringify(issuer)}; it has ${names}`,
    );
  }
  if (named.some((each) => isAskedBy(each, scope))) return;
  const whose = issuer === undefined ? 'no token' : `no token of ${issuer}`;
  throw new UsageError(
    `${by} would revoke nothing: by the policy file ${whose} is asked about by ${scope}; see revoke_by`,
  );
}

function issuerFor(by: string, issuer: string | undefined): string {
  if (issuer === undefined) {
    const orElse = by === '--all' ? '' : ', or AUTH_ISSUER in the environment';
    throw new UsageError(`${by} needs --issuer${orElse}`);
  }
  if (/^\S+$/.test(issuer)) return issuer;
  throw new UsageError(
    `--issuer cannot be ${JSON.stringify(issuer)}; it must be the exact value of iss, without spaces`,
  );
}

function readTtl(text: string): number {
  const seconds = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds >= 1 && seconds <= MAX_TTL_SEC) return seconds;
  throw new UsageError(
    `--ttl cannot be ${JSON.stringify(text)}; it must be an integer of seconds from 1 to ${MAX_TTL_SEC}`,
  );
}

/** Whole epoch seconds. */
function readTime(text: string, now: number): number {
  const seconds = /^\d{1,15}$/.test(text) ? Number(text) : instantOf(text);
  if (Number.isNaN(seconds)) {
    throw new UsageError(
      `--before cannot be ${JSON.stringify(text)}; it must be a time such as 2030-01-31T12:00:00Z, ` +
        'or seconds since 1970',
    );
  }
  if (seconds <= now + MAX_AHEAD_SEC) return seconds;
  throw new UsageError(
    `--before cannot be ${JSON.stringify(text)}: that is more than 5 minutes ahead, ` +
      'and would lock out whoever signs in until then',
  );
}

/** Epoch seconds; NaN: there is no such instant. */
function instantOf(text: string): number {
  const [day] = text.split(/T/i, 1);
  // February has 31 days for Date, if it is to be.
  const isDay =
    INSTANT.test(text) && new Date(`${day}T00:00Z`).getUTCDate() === Number(day?.slice(8));
  return isDay ? Math.floor(Date.parse(text) / 1000) : Number.NaN;
}

function dashed(name: Name): string {
  return `--${name}`;
}
