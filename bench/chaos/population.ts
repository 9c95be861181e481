import { randomUUID } from 'node:crypto';
import { claims, signed } from '../../test/support/tokens.ts';
import { messageFor } from '../corpus/corpus.ts';

/** Tokens are issued so long before, and last so long after: no jump of a clock makes them expire. */
const LIFE_SEC = 7_200;
const NEVER = Number.POSITIVE_INFINITY;
/** Every so many checks one asks about a token that was revoked before, or lately. */
const REVOKED_EVERY = 10;
const LATELY_EVERY = 20;
/** Revocations that count as late ones. */
const LATELY = 50;

/** A token, and when its revocation was sent and acknowledged, or forgotten; performance.now(). */
export interface Token {
  readonly jti: string;
  /** The CheckRequest that Envoy would send with it. */
  readonly request: Buffer;
  revokingAt: number;
  revokedAt: number;
  forgettingAt: number;
  forgottenAt: number;
  /** When Sluice first said that it is revoked. */
  seenRevokedAt: number;
}

function newToken(): Token {
  const jti = randomUUID();
  const now = Math.floor(Date.now() / 1000);
  const times = { iat: now - LIFE_SEC, exp: now + LIFE_SEC };
  const request = messageFor(signed(claims(now, { jti, ...times })));
  const never = { revokingAt: NEVER, revokedAt: NEVER, forgettingAt: NEVER, forgottenAt: NEVER };
  return { jti, request, ...never, seenRevokedAt: NEVER };
}

/** Tokens to ask about: good ones, revoked ones, and some that are revoked while others are asked for. */
export class Population {
  /** To be revoked before anything is asked. */
  readonly revoked: readonly Token[];
  readonly #good: Token[];
  readonly #lately: Token[] = [];
  readonly #underWay = new Set<Promise<void>>();
  readonly #atLeast: number;
  #isForgetting = false;
  #turn = 0;

  constructor(good: number, revoked: number) {
    this.#atLeast = good / 2;
    this.#good = Array.from({ length: good }, newToken);
    this.revoked = Array.from({ length: revoked }, newToken);
  }

  /** The one to ask about next. */
  next(): Token {
    const turn = this.#turn++;
    const from =
      turn % REVOKED_EVERY === 0
        ? this.revoked
        : turn % LATELY_EVERY === 1 && this.#lately.length > 0
          ? this.#lately
          : this.#good;
    return from[turn % from.length] as Token;
  }

  /** Revokes one of the good, by `revoke`, which may take as long as it likes; half of them stay. */
  async revokeOne(revoke: (jti: string) => Promise<void>): Promise<void> {
    if (this.#isForgetting || this.#good.length <= this.#atLeast) return;
    const token = this.#good.pop() as Token;
    const revoking = revokeToken(token, revoke);
    this.#underWay.add(revoking);
    await revoking.finally(() => this.#underWay.delete(revoking));
    this.#lately.push(token);
    if (this.#lately.length > LATELY) this.#lately.shift();
  }

  async revokeAll(revoke: (jti: string) => Promise<void>): Promise<void> {
    await Promise.all(this.revoked.map((token) => revokeToken(token, revoke)));
  }

  /** All that was revoked is no more; of what is revoked just then, nobody could say. */
  async forget(forgetAll: () => Promise<void>): Promise<void> {
    this.#isForgetting = true;
    await Promise.all(this.#underWay);
    const tokens = [...this.revoked, ...this.#lately];
    for (const token of tokens) token.forgettingAt = performance.now();
    await forgetAll();
    for (const token of tokens) token.forgottenAt = performance.now();
    this.#isForgetting = false;
  }
}

async function revokeToken(token: Token, revoke: (jti: string) => Promise<void>): Promise<void> {
  token.revokingAt = performance.now();
  await revoke(token.jti);
  token.revokedAt = performance.now();
}
