import type { Identity, Requirement } from '../domain/claims.ts';
import { allow, type Decision, type Header } from '../domain/decision.ts';
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
      outcome === 'success' ? allowFor(identity, requirement) : refusals.of(outcome, call),
    );
    return false;
  });
}

function allowFor(identity: Identity, requirement: Requirement): Decision {
  for (const known of identity.allowed) {
    if (known.requirement === requirement) return known.decision;
  }
  const decision = buildAllow(identity, requirement);
  // Not push: it makes room for sixteen more, in every cached token.
  identity.allowed = identity.allowed.concat({ requirement, decision });
  return decision;
}

/** Every identity header is either set or removed, so none that the downstream sent survives. */
function buildAllow(identity: Identity, requirement: Requirement): Decision {
  const set: Header[] = [];
  const remove: string[] = [];
  for (const { name, claim } of requirement.identityHeaders) {
    const value = identity.claims[claim];
    if (value === undefined || value === '') remove.push(name);
    else set.push([name, value]);
  }
  return allow('success', set.slice(), remove.slice()); // of just that length: they are kept
}
