import type { IdentityReason } from '../domain/call.ts';
import type { Claims, Identity, KnownAllow, Requirement } from '../domain/claims.ts';
import { type Decision, type Header, notEncoded } from '../domain/decision.ts';
import { type ReasonSpec, reasons } from '../domain/reason.ts';
import type { Refusals } from './refusals.ts';
import { eachOpen, type Stage } from './stage.ts';

/**
 * Whether an identity has what a route requires. Pure, and after the caches: what one route demands
 * never decides for another.
 */
export function authorize(
  identity: Identity,
  requirement: Requirement,
): 'success' | 'insufficient_scope' {
  const { scopes } = identity.claims;
  return requirement.scopes.every((scope) => scopes.has(scope)) ? 'success' : 'insufficient_scope';
}

/** Stage: the last one; settles everything that has come this far. */
export function decide(refusals: Refusals): Stage {
  return eachOpen(refusals, (call) => {
    const { identity, requirement } = call;
    if (identity === undefined || requirement === undefined) throw new Error('stage_skipped');
    const outcome = authorize(identity, requirement);
    call.settle(
      outcome === 'success'
        ? allowFor(identity, requirement, call.passesAs)
        : refusals.of(outcome, call),
    );
    return false;
  });
}

function allowFor(identity: Identity, requirement: Requirement, reason: IdentityReason): Decision {
  for (let known = identity.allowed; known !== undefined; known = known.next) {
    if (known.requirement === requirement && known.reason === reason) return known;
  }
  identity.allowed = new Allow(reason, identity.claims, requirement, identity.allowed);
  return identity.allowed;
}

/**
 * What is kept with every cached token, and therefore small: headers are made anew when an encoder
 * asks, which it does once. Every identity header is either set or removed, so none that the
 * downstream sent survives.
 */
class Allow implements KnownAllow {
  readonly reason: IdentityReason;
  readonly #claims: Claims;
  readonly requirement: Requirement;
  readonly next: KnownAllow | undefined;
  readonly wire = notEncoded();

  constructor(
    reason: IdentityReason,
    claims: Claims,
    requirement: Requirement,
    next: KnownAllow | undefined,
  ) {
    this.reason = reason;
    this.#claims = claims;
    this.requirement = requirement;
    this.next = next;
  }

  get spec(): ReasonSpec {
    return reasons[this.reason];
  }
  get httpStatus(): number {
    return this.spec.httpStatus;
  }
  get body(): string {
    return '';
  }
  get signal(): 'denied' {
    return 'denied';
  }

  get headers(): readonly Header[] {
    return this.requirement.identityHeaders.flatMap(({ name, claim }): Header[] => {
      const value = this.#claims[claim];
      return value ? [[name, value]] : [];
    });
  }

  get headersToRemove(): readonly string[] {
    return this.requirement.identityHeaders
      .filter(({ claim }) => !this.#claims[claim])
      .map(({ name }) => name);
  }
}
