import type { Check } from '../domain/check.ts';
import type { Requirement } from '../domain/claims.ts';
import { allow, type Decision } from '../domain/decision.ts';
import { findCredential } from './credential.ts';
import type { Refusals } from './refusals.ts';
import { eachOpen, type Stage } from './stage.ts';

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
  const preflights = new UnidentifiedAllows('cors_preflight', PREFLIGHT_REMOVES);
  const anonymous = new UnidentifiedAllows('anonymous', []);

  return eachOpen(refusals, (call) => {
    const { check, requirement } = call;
    if (check.fault !== undefined) {
      call.settle(refusals.of(check.fault, call));
      return false;
    }
    if (requirement === undefined) throw new Error('stage_skipped');
    if (isPreflight(check, origins)) {
      call.settle(preflights.of(requirement));
      return false;
    }
    const found = findCredential(check, requirement.places);
    if (typeof found === 'object') {
      call.token = found.token;
      call.tokenPlace = found.place;
      call.hiddenCookies = found.hiddenCookies;
      return true;
    }
    if (found !== 'none') {
      call.detail = found;
      call.settle(refusals.of('invalid_token', call));
    } else if (requirement.anonymous) call.settle(anonymous.of(requirement));
    else call.settle(refusals.of('missing_header', call));
    return false;
  });
}

/** Allows without an identity, made once for each requirement. */
class UnidentifiedAllows {
  readonly #reason: 'anonymous' | 'cors_preflight';
  readonly #removes: readonly string[];
  readonly #made = new WeakMap<Requirement, Decision>();

  /** `removes`: beside the headers that tell of an identity. */
  constructor(reason: 'anonymous' | 'cors_preflight', removes: readonly string[]) {
    this.#reason = reason;
    this.#removes = removes;
  }

  of(requirement: Requirement): Decision {
    let decision = this.#made.get(requirement);
    if (decision === undefined) {
      const identityHeaders = requirement.identityHeaders.map(({ name }) => name);
      const parameters = requirement.places.flatMap((each) =>
        each.kind === 'query' ? [each.name] : [],
      );
      decision = allow(this.#reason, [], [...this.#removes, ...identityHeaders], parameters);
      this.#made.set(requirement, decision);
    }
    return decision;
  }
}

/** Fetch standard, "CORS-preflight request": OPTIONS with both of these headers. */
function isPreflight(check: Check, origins: ReadonlySet<string>): boolean {
  if (check.method !== 'OPTIONS') return false;
  const origin = check.header('origin');
  if (origin === undefined || origin === '') return false;
  if (!check.header('access-control-request-method')) return false;
  return origins.size === 0 || origins.has(origin);
}
