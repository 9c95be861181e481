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
import { withoutCookie } from './credential.ts';
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
  const { tokenPlace: place, passesAs: reason } = call;
  let count = 0;
  for (let known = identity.allowed; known !== undefined; known = known.next) {
    count++;
    const isSame = known.requirement === requirement && known.place === place;
    if (isSame && known.reason === reason) return known;
  }
  const next = count < MAX_KNOWN ? identity.allowed : undefined;
  const made = new Allow(reason, identity.claims, requirement, place, next);
  if (place?.kind === 'cookie' && place.remove) return withCookies(made, call.check, place.name);
  identity.allowed = made;
  return made;
}

/** The other cookies go on, and every request has its own: such an allow is not kept. */
function withCookies(made: Allow, check: Check, name: string): Decision {
  const rest = withoutCookie(check.header('cookie') ?? '', name);
  const [set, removed] = PRINTABLE.test(rest)
    ? [[['cookie', rest]] as const, []]
    : [[], ['cookie']];
  const headers = [...made.headers, ...set];
  return allow(made.reason, headers, [...made.headersToRemove, ...removed], [], made.metadata);
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
  readonly place: TokenPlace | undefined;
  readonly next: KnownAllow | undefined;
  readonly wire = notEncoded();

  constructor(
    reason: IdentityReason,
    claims: Claims,
    requirement: Requirement,
    place: TokenPlace | undefined,
    next: KnownAllow | undefined,
  ) {
    this.reason = reason;
    this.#claims = claims;
    this.requirement = requirement;
    this.place = place;
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
    const { place } = this;
    return place?.kind === 'header' && place.remove ? [...names, 'authorization'] : names;
  }

  get queryToRemove(): readonly string[] {
    const { place } = this;
    return place?.kind === 'query' && place.remove ? [place.name] : [];
  }

  #tell(all: readonly Told[]): readonly Header[] {
    const { told } = this.#claims;
    return all.flatMap(({ name, told: at }): Header[] => {
      const value = told[at];
      return value ? [[name, value]] : [];
    });
  }
}
