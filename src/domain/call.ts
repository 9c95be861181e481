import type { Check } from './check.ts';
import type { Identity, Requirement, TokenPlace } from './claims.ts';
import type { Decision } from './decision.ts';
import type { AllowReason } from './reason.ts';

/** Of an allow that is about an identity. */
export type IdentityReason = Exclude<AllowReason, 'cors_preflight' | 'anonymous'>;

/** The single-use way back to whoever asked. Never throws; does nothing once the caller is gone. */
export interface Responder {
  reply(decision: Decision): void;
}

/** Told once about every call that leaves: settled (then `call.decision` is set) or cancelled. */
export interface CallObserver {
  left(call: Call): void;
}

/** A call that has its decision. */
export type Settled = Call & { readonly decision: Decision };

const NO_COOKIES: readonly string[] = [];

/**
 * One live Check: open until it is settled or cancelled, whichever comes first, and exactly once.
 *
 * Times are `Clock.now()` milliseconds. The members below the line are written by the stages; they
 * are plain fields, and all present from the start, because a Call is made for every check.
 */
export class Call {
  readonly check: Check;
  readonly responder: Responder;
  readonly arrivedAt: number;
  readonly deadline: number;
  #open = true;

  observer: CallObserver | undefined = undefined;
  /** Where the register of open calls keeps it; -1 = nowhere. */
  place = -1;
  decision: Decision | undefined = undefined;
  settledAt = 0;
  requirement: Requirement | undefined = undefined;
  token: string | undefined = undefined;
  /** Where the token stood. */
  tokenPlace: TokenPlace | undefined = undefined;
  /** Cookies that hold it, and that the upstream is not to see. */
  hiddenCookies: readonly string[] = NO_COOKIES;
  identity: Identity | undefined = undefined;
  /** The reason for which it is allowed, if it is. */
  passesAs: IdentityReason = 'success';
  /** A code for the log, fixed words: why the decision is what it is. */
  detail: string | undefined = undefined;
  /** Since when the call waits for a free verification or lookup; meaningless when it does not. */
  queuedAt = 0;
  /** When that waiting has been too long; infinite when the call does not wait. */
  queuedUntil = Number.POSITIVE_INFINITY;
  /** 0 = the stage was not reached. */
  verifyStartedAt = 0;
  verifyEndedAt = 0;
  lookupStartedAt = 0;
  lookupEndedAt = 0;

  constructor(check: Check, responder: Responder, arrivedAt: number, deadline: number) {
    this.check = check;
    this.responder = responder;
    this.arrivedAt = arrivedAt;
    this.deadline = deadline;
  }

  get open(): boolean {
    return this.#open;
  }

  /** Ends the call with a decision. False, and without effect, when it has already ended. */
  settle(decision: Decision): boolean {
    if (!this.#open) return false;
    this.#open = false;
    this.decision = decision;
    this.observer?.left(this);
    return true;
  }

  /** The caller has gone: there is nobody to answer. */
  cancel(): boolean {
    if (!this.#open) return false;
    this.#open = false;
    this.observer?.left(this);
    return true;
  }
}
