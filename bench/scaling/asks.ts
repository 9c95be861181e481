import { randomUUID } from 'node:crypto';
import { bearer, token } from '../../test/support/stack.ts';
import type { Valkey } from '../../test/support/valkey.ts';

/** A request, and what it has to come to. */
export interface Ask {
  readonly headers: Readonly<Record<string, string>>;
  /** As `Load` tells it. */
  readonly expected: string;
}

const TOKENS = 100;
/** Every so many of them is revoked. */
export const REVOKED_EVERY = 10;
const HOUR_SEC = 3_600;

/** About distinct tokens, the revoked ones of which are on the denylist by then. */
export async function prepareAsks(valkey: Valkey): Promise<readonly Ask[]> {
  const asks: Ask[] = [];
  for (let i = 0; i < TOKENS; i++) {
    const jti = randomUUID();
    const isRevoked = i % REVOKED_EVERY === 0;
    if (isRevoked) await valkey.command('SET', `blacklist:${jti}`, '1', 'EX', HOUR_SEC);
    const expected = isRevoked ? '403 blacklisted' : '200';
    asks.push({ headers: bearer(token({ jti })), expected });
  }
  return asks;
}
