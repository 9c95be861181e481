import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { Call } from '../domain/call.ts';
import type { Claims, Requirement, TokenPlace } from '../domain/claims.ts';

/** What became of a call, step by step, for whoever wants to know why. Never the token, nor its jti. */
export function explanationOf(call: Call, asked: boolean): string {
  const { check, requirement, identity, decision, token } = call;
  const lines: [string, string][] = [
    ['request', `${check.method} ${withoutQuery(check.path)} at ${check.host}`],
  ];
  if (requirement !== undefined) {
    lines.push(['rule', requirement.name], ['demands', demandsOf(requirement)]);
  }
  lines.push(['token', call.tokenPlace === undefined ? 'none' : `in ${placeOf(call.tokenPlace)}`]);
  if (identity !== undefined) {
    lines.push(['verified', claimsOf(identity.claims)], ['denylist', denylistOf(call, asked)]);
  } else if (token !== undefined) {
    lines.push(['it says', `${unverified(token)} (not verified)`]);
  }
  if (decision !== undefined) {
    const { result, description } = decision.spec;
    const detail = call.detail === undefined ? '' : ` (${call.detail})`;
    lines.push(['decided', `${result}: ${decision.reason}${detail}, by ${stepOf(call)}`]);
    lines.push(['', description]);
    if (result !== 'allow') lines.push(['answer', `HTTP ${decision.httpStatus}`]);
    for (const [name, value] of decision.headers) {
      const isCookie = name === 'cookie';
      lines.push([
        result === 'allow' ? 'sets' : 'header',
        isCookie ? 'cookie: the other cookies' : `${name}: ${value}`,
      ]);
    }
    const removed = [...decision.headersToRemove, ...decision.queryToRemove.map((it) => `?${it}`)];
    if (removed.length > 0) lines.push(['removes', removed.join(', ')]);
  }
  return lines.map(([name, text]) => `${name.padEnd(10)}${text}\n`).join('');
}

/** The token may be in it. */
function withoutQuery(path: string): string {
  const start = path.indexOf('?');
  return start < 0 ? path : `${path.slice(0, start)}?…`;
}

function demandsOf({ anonymous, scopes, audiences, outage, places }: Requirement): string {
  return [
    anonymous ? 'no token' : `a token in ${places.map(placeOf).join(' or ')}`,
    ...(scopes.length > 0 ? [`scopes ${scopes.join(' ')}`] : []),
    ...(audiences.length > 0 ? [`audience ${audiences.join(' or ')}`] : []),
    `without the denylist: ${outage}`,
  ].join('; ');
}

function placeOf(place: TokenPlace): string {
  if (place.kind === 'header') return 'the header authorization';
  return place.kind === 'cookie' ? `the cookie ${place.name}` : `the parameter ${place.name}`;
}

function claimsOf({ iss, sub, aud, scopes, exp }: Claims): string {
  const left = exp - Math.floor(Date.now() / 1000);
  return `issuer ${iss}, sub ${sub}, audience ${named(aud)}, scopes ${named([...scopes])}, ends in ${left} s`;
}

/** They may hold anything. */
function named(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.map((name) => JSON.stringify(name)).join(' ');
}

function denylistOf({ identity }: Call, asked: boolean): string {
  const scopes = identity?.revocation.map(({ scope }) => scope) ?? [];
  if (scopes.length === 0) return 'its issuer has tokens that cannot be revoked';
  const what = `by ${scopes.join(', ')}`;
  return asked ? `asked ${what}` : `would be asked ${what} (--redis asks it)`;
}

/** What the next one would have needed is missing. */
function stepOf({ requirement, token, identity, decision }: Call): string {
  const isAllow = decision?.spec.result === 'allow';
  if (requirement === undefined) return 'route';
  if (token === undefined) return 'extract';
  if (identity === undefined) return 'verify';
  const { reason = 'internal' } = decision ?? {};
  const isRevoked = reason === 'blacklisted' || reason === 'redis_error';
  return isRevoked && !isAllow ? 'revoke' : 'decide';
}

function unverified(token: string): string {
  try {
    const { alg, kid, typ } = decodeProtectedHeader(token);
    const { iss, aud, exp } = decodeJwt(token);
    return Object.entries({ iss, aud, alg, kid, typ, exp })
      .map(([name, value]) => `${name} ${value === undefined ? 'none' : JSON.stringify(value)}`)
      .join(', ');
  } catch {
    return 'nothing that can be read';
  }
}
