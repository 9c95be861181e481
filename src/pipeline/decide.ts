import type { Call, IdentityReason } from '../domain/call.ts';
import type { Check } from '../domain/check.ts';
import type {
  Claims,
  Identity,
  KnownAllow,
  Requirement,
  TokenPlace,
  Told,
} from '../domain/claims.ts';
import { allow, type Decision, type Header, notEncoded } from '../domain/decision.ts';
import { type ReasonSpec, reasons } from '../domain/reason.ts';
import { withoutCookies } from './credential.ts';
import type { Refusals } from './refusals.ts';
import { eachOpen, type Stage } from './stage.ts';

/**
 * Whether an identity has what a route requires. Pure, and after the caches: what one route demands
 * never decides for another.
 */
export function authorize(
  identity: Identity,
  requirement: Requirement,
  check: Check,
): 'success' | 'certificate_mismatch' | 'wrong_audience' | 'insufficient_scope' {
  const { aud, scopes, boundTo } = identity.claims;
  if (boundTo !== undefined && check.certificateThumbprint !== boundTo)
    return 'certificate_mismatch';
  const { audiences } = requirement;
  const isMeant = audiences.length === 0 || audiences.some((audience) => aud.includes(audience));
  if (!isMeant) return 'wrong_audience';
  return requirement.scopes.every((scope) => scopes.has(scope)) ? 'success' : 'insufficient_scope';
}

/** Stage: the last one; settles everything that has come this far. */
export function decide(refusals: Refusals): Stage {
  return eachOpen(refusals, (call) => {
    const { identity, requirement } = call;
    if (identity === undefined || requirement === undefined) throw new Error('stage_skipped');
    const outcome = authorize(identity, requirement, call.check);
    if (outcome === 'success') call.settle(allowFor(call, identity, requirement));
    else if (outcome !== 'certificate_mismatch') call.settle(refusals.of(outcome, call));
    else {
      call.detail = outcome;
      call.settle(refusals.of('invalid_token', call));
    }
    return false;
  });
}

/** Allows kept with a token: more than there are requirements that one caller meets. */
const MAX_KNOWN = 512;

function allowFor(call: Call, identity: Identity, requirement: Requirement): Decision {
  const made = knownAllow(identity, requirement, call.passesAs);
  const { hiddenCookies } = call;
  return hiddenCookies.length > 0 ? withoutHidden(made, call.check, hiddenCookies) : made;
}

function knownAllow(identity: Identity, requirement: Requirement, reason: IdentityReason): Allow {
  let count = 0;
  for (let known = identity.allowed; known !== undefined; known = known.next) {
    count++;
    if (known.requirement === requirement && known.reason === reason) return known as Allow;
  }
  const next = count < MAX_KNOWN ? identity.allowed : undefined;
  const made = new Allow(reason, identity.claims, requirement, next);
  identity.allowed = made;
  return made;
}

/** The other cookies go on, and every request has its own: such an allow is not kept. */
function withoutHidden(made: Allow, check: Check, names: readonly string[]): Decision {
  const rest = withoutCookies(check.header('cookie') ?? '', names);
  const [set, removed] = PRINTABLE.test(rest)
    ? [[['cookie', rest]] as const, []]
    : [[], ['cookie']];
  const headers = [...made.headers, ...set];
  const toRemove = [...made.headersToRemove, ...removed];
  return allow(made.reason, headers, toRemove, made.queryToRemove, made.metadata);
}

/** What Envoy takes for a header's value; what is left of some cookies is not. */
const PRINTABLE = /^[\x20-\x7e]+$/;

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
    return this.#tell(this.requirement.identityHeaders);
  }

  get metadata(): readonly Header[] {
    return [['reason', this.reason], ...this.#tell(this.requirement.metadata)];
  }

  get headersToRemove(): readonly string[] {
    const { told } = this.#claims;
    const names = this.requirement.identityHeaders
      .filter(({ told: at }) => !told[at])
      .map(({ name }) => name);
    return this.#hidden.some(({ kind }) => kind === 'header') ? [...names, 'authorization'] : names;
  }

  get queryToRemove(): readonly string[] {
    return this.#hidden.flatMap((place) => (place.kind === 'query' ? [place.name] : []));
  }

  /** Wherever the token stands, its other places may hold it as well. */
  get #hidden(): readonly TokenPlace[] {
    return this.requirement.places.filter(({ remove }) => remove);
  }

  #tell(all: readonly Told[]): readonly Header[] {
    const { told } = this.#claims;
    return all.flatMap(({ name, told: at }): Header[] => {
      const value = told[at];
      return value ? [[name, value]] : [];
    });
  }
}
