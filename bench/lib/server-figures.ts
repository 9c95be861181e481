import type { ServerFigures } from './result.ts';

export type Samples = ReadonlyMap<string, number>;

/** The value of every series of a Prometheus text, by name and labels as written. */
export function parseMetrics(text: string): Samples {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const space = line.lastIndexOf(' ');
    samples.set(line.slice(0, space), Number(line.slice(space + 1)));
  }
  return samples;
}

export async function scrape(adminUrl: string): Promise<Samples> {
  return parseMetrics(await (await fetch(`${adminUrl}/metrics`)).text());
}

/** Node.js measures the delay of a timer of 10 ms, its own period included. */
const LAG_TIMER_SEC = 0.01;

/**
 * What a server tells of the time between two scrapes. `connections`: how many it has to Redis.
 */
export function serverFigures(
  before: Samples,
  after: Samples,
  seconds: number,
  connections: number,
): ServerFigures {
  const grown = (pattern: RegExp) => total(after, pattern) - total(before, pattern);
  const mean = (histogram: string) => {
    const count = grown(new RegExp(`^${histogram}_count`));
    return count === 0 ? 0 : grown(new RegExp(`^${histogram}_sum`)) / count;
  };
  const lookup = mean('ext_authz_redis_lookup_duration_seconds');
  const underWay = Math.max(0, lookup - mean('ext_authz_batch_wait_seconds'));
  const lookups = grown(/^ext_authz_batch_size_count/);
  const lag = total(after, /^nodejs_eventloop_lag_max_seconds/) - LAG_TIMER_SEC;
  return {
    batchSize: mean('ext_authz_batch_size'),
    lookupMs: lookup * 1000,
    poolUse: (lookups * underWay) / seconds / connections, // Little's law
    loopLagMaxMs: Math.max(0, lag) * 1000,
    gcShare: grown(/^nodejs_gc_duration_seconds_sum/) / seconds,
    gcMaxPauseMs: longestPause(before, after) * 1000,
  };
}

function total(samples: Samples, pattern: RegExp): number {
  let sum = 0;
  for (const [series, value] of samples) if (pattern.test(series)) sum += value;
  return sum;
}

/** Upper bound in seconds of the last bucket that took a collection; infinite above all bounds. */
function longestPause(before: Samples, after: Samples): number {
  const collections = (samples: Samples, bound: string) =>
    total(samples, new RegExp(`^nodejs_gc_duration_seconds_bucket.*le="${bound}"`));
  const bounds = new Set<string>();
  for (const series of after.keys()) {
    const bound = /^nodejs_gc_duration_seconds_bucket.*le="([^"]+)"/.exec(series)?.[1];
    if (bound !== undefined) bounds.add(bound);
  }
  const ascending = [...bounds].sort(
    (a, b) => Number(a.replace('+Inf', '1e9')) - Number(b.replace('+Inf', '1e9')),
  );
  let longest = 0;
  let below = 0;
  for (const bound of ascending) {
    const count = collections(after, bound) - collections(before, bound);
    if (count > below) longest = bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound);
    below = count;
  }
  return longest;
}
