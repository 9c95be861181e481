import type { Call } from '../domain/call.ts';
import type { Check } from '../domain/check.ts';
import type { Requirement } from '../domain/claims.ts';
import { allow, type Decision } from '../domain/decision.ts';
import type { Refusals } from './refusals.ts';
import { eachOpen, type Stage } from './stage.ts';

const SCHEME = /^bearer +/i;

/**
 * What an upstream must not see of a preflight: nobody was authenticated, so nothing may look as if;
 * and a method override would turn the OPTIONS into something that was never judged.
 */
const PREFLIGHT_REMOVES = [
  'authorization',
  'cookie',
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
];

/**
 * Stage: finds the credential. Settles what needs none (a CORS preflight), what has none, and what
 * cannot be read.
 *
 * `corsOrigins`: origins, exact, that may send preflights; empty = any.
 */
export function extract(corsOrigins: readonly string[], refusals: Refusals): Stage {
  const origins = new Set(corsOrigins);
  const preflights = new Map<Requirement | undefined, Decision>();

  const preflight = ({ requirement }: Call): Decision => {
    let decision = preflights.get(requirement);
    if (decision === undefined) {
      const identityHeaders = requirement?.identityHeaders.map(({ name }) => name) ?? [];
      decision = allow('cors_preflight', [], [...PREFLIGHT_REMOVES, ...identityHeaders]);
      preflights.set(requirement, decision);
    }
    return decision;
  };

  return eachOpen(refusals, (call) => {
    const { check } = call;
    if (check.fault !== undefined) {
      call.settle(refusals.of(check.fault, call));
      return false;
    }
    if (isPreflight(check, origins)) {
      call.settle(preflight(call));
      return false;
    }
    const authorization = check.header('authorization');
    if (authorization === undefined || authorization === '') {
      call.settle(refusals.of('missing_header', call));
      return false;
    }
    const token = bearerToken(authorization);
    if (token === undefined) {
      call.detail = 'not_one_bearer_token';
      call.settle(refusals.of('invalid_token', call));
      return false;
    }
    call.token = token;
    return true;
  });
}

/**
 * Scheme in any case, one or more spaces, then the token (RFC 9110, section 11.1; RFC 6750, 2.1). A
 * comma, or a space, tells of a second one. Searching for those two takes a fifth of the time of a
 * pattern for all the rest.
 */
function bearerToken(authorization: string): string | undefined {
  const start = SCHEME.exec(authorization)?.[0].length ?? authorization.length;
  if (start === authorization.length) return undefined;
  const isOne = authorization.indexOf(' ', start) < 0 && authorization.indexOf(',', start) < 0;
  return isOne ? authorization.slice(start) : undefined;
}

/** Fetch standard, "CORS-preflight request": OPTIONS with both of these headers. */
function isPreflight(check: Check, origins: ReadonlySet<string>): boolean {
  if (check.method !== 'OPTIONS') return false;
  const origin = check.header('origin');
  if (origin === undefined || origin === '') return false;
  if (!check.header('access-control-request-method')) return false;
  return origins.size === 0 || origins.has(origin);
}
