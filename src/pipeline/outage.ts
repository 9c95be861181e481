import type { IdentityReason } from '../domain/call.ts';
import type { Identity, Requirement, RevocationQuery } from '../domain/claims.ts';
import type { Clock } from '../domain/clock.ts';
import { ExpiringKeys } from '../domain/expiring-keys.ts';
import type { Component, Logger } from '../domain/ports.ts';
import { queryKey } from './query-key.ts';

export interface OutageOptions {
  /** How old a verdict may be that is used while none is to be had, in ms (STALE_MAX_SEC). */
  readonly staleMaxMs: number;
}

type Lenient = Exclude<IdentityReason, 'success'>;

const REPORT_MS = 1_000;
/** Queries found revoked that are remembered, some 100 bytes each. */
export const MAX_REVOKED_IDS = 20_000;

/**
 * What becomes of a verified token about which the denylist says nothing (OUTAGE_POLICY):
 *
 *     seen revoked ─▶ blacklisted, whatever the policy, until the token ends
 *     deny         ─▶ redis_error
 *     stale        ─▶ stale_verdict, if a verdict that is young enough said not revoked
 *     allow        ─▶ unchecked
 *
 * The verdict is kept with the identity, and so leaves memory with the cached token.
 */
export class Outage {
  readonly #options: OutageOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** Each until the token that asked it ends: what is revoked stays so when nobody can be asked. */
  readonly #revoked = new ExpiringKeys(MAX_REVOKED_IDS);
  #passed: Record<Lenient, number> = { stale_verdict: 0, unchecked: 0 };
  #detail: string | undefined;
  #stopReports: (() => void) | undefined;

  constructor(options: OutageOptions, clock: Clock, logger: Logger) {
    this.#options = options;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Degraded while checks pass without a verdict. */
  get component(): Component {
    return this.#detail === undefined
      ? { name: 'revocation', state: 'ok' }
      : { name: 'revocation', state: 'degraded', detail: this.#detail };
  }

  foundRevoked(identity: Identity, query: RevocationQuery): void {
    this.#revoked.add(queryKey(query), identity.endsAt, this.#clock.now());
    identity.notRevokedAt = Number.NEGATIVE_INFINITY;
  }

  /**
   * `asOf`: Clock.now() when the store was asked, at the latest. False: something of it was found
   * revoked after that, by an answer that overtook this one.
   */
  foundNotRevoked(identity: Identity, requirement: Requirement | undefined, asOf: number): boolean {
    let stands = true;
    if (this.#revoked.size > 0) {
      for (const query of identity.revocation) {
        stands = this.#revoked.deleteBefore(queryKey(query), asOf) && stands;
      }
    }
    if (stands && requirement?.outage === 'stale') {
      identity.notRevokedAt = Math.max(identity.notRevokedAt, Math.floor(asOf));
    }
    return stands;
  }

  /** What a check without a verdict passes as, or why it does not. */
  judge(
    identity: Identity,
    requirement: Requirement | undefined,
  ): Lenient | 'blacklisted' | 'redis_error' {
    const now = this.#clock.epochSeconds();
    const isRevoked = identity.revocation.some((query) => this.#revoked.has(queryKey(query), now));
    if (isRevoked) return 'blacklisted';
    if (requirement?.outage === 'allow') return this.#pass('unchecked');
    const ageMs = this.#clock.now() - identity.notRevokedAt;
    const isYoung = requirement?.outage === 'stale' && ageMs <= this.#options.staleMaxMs;
    return isYoung ? this.#pass('stale_verdict') : 'redis_error';
  }

  #pass(reason: Lenient): Lenient {
    this.#passed[reason]++;
    this.#stopReports ??= this.#clock.every(REPORT_MS, () => this.#report());
    this.#detail ??= describe(this.#passed);
    return reason;
  }

  #report(): void {
    const passed = this.#passed;
    this.#passed = { stale_verdict: 0, unchecked: 0 };
    if (passed.stale_verdict + passed.unchecked > 0) {
      this.#detail = describe(passed);
      this.#logger.warn(passed, 'checks passed without asking the denylist');
      return;
    }
    this.#detail = undefined;
    this.#stopReports?.();
    this.#stopReports = undefined;
  }
}

function describe(passed: Readonly<Record<Lenient, number>>): string {
  const { stale_verdict: stale, unchecked } = passed;
  return `checks pass without the denylist: in a second ${stale} on a stale verdict, ${unchecked} unchecked`;
}
