import type { Samples } from '../lib/server-figures.ts';

const SERIES = /^ext_authz_requests_total\{.*reason="([^"]+)"/;

/** What a server decided between two scrapes, by reason, a second; without those that it never gave. */
export function decisionsByReason(
  before: Samples,
  after: Samples,
  seconds: number,
): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const [series, value] of after) {
    const reason = SERIES.exec(series)?.[1];
    const count = value - (before.get(series) ?? 0);
    if (reason !== undefined && count > 0) found[reason] = (found[reason] ?? 0) + count / seconds;
  }
  return found;
}
