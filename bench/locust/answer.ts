import type { Latency } from '../lib/latency.ts';

/** What Locust counted, from its first request to its last. */
export interface LocustAnswer {
  /** ms since 1970. */
  readonly startedAt: number;
  readonly seconds: number;
  /** Those that failed are among them. */
  readonly requests: number;
  readonly failures: number;
  /** Failures by what Locust calls them. */
  readonly errors: Readonly<Record<string, number>>;
  /** Whole ms; above 100 two digits count. */
  readonly latencyMs: Latency;
}

/** Of one URL, as `--json` prints it: times in s since 1970, requests by their time in ms. */
interface Entry {
  readonly start_time: number;
  readonly last_request_timestamp: number | null;
  readonly num_requests: number;
  readonly num_failures: number;
  readonly response_times: Readonly<Record<string, number>>;
}

/**
 * Reads what `locust --json` printed, on stdout a list of entries by each of its processes, those of workers
 * being empty or what they had no time to report, and on stderr a table of errors. Throws where there
 * is no entry with a request.
 */
export function parseLocust(stdout: string, stderr: string): LocustAnswer {
  const entries = stdout
    .split(/^(?=\[)/m)
    .filter((text) => text.startsWith('['))
    .flatMap((text) => JSON.parse(text) as readonly Entry[])
    .filter(({ num_requests }) => num_requests > 0);
  if (entries.length === 0) throw new Error('Locust made no request');
  const sum = (pick: (entry: Entry) => number) =>
    entries.reduce((total, entry) => total + pick(entry), 0);
  const begin = Math.min(...entries.map(({ start_time }) => start_time));
  const end = Math.max(...entries.map((entry) => entry.last_request_timestamp ?? 0));
  return {
    startedAt: begin * 1000,
    seconds: end - begin,
    requests: sum(({ num_requests }) => num_requests),
    failures: sum(({ num_failures }) => num_failures),
    errors: errorsOf(stderr),
    latencyMs: latencyOf(entries),
  };
}

/** Rows are "12   GET /path: what happened". */
function errorsOf(stderr: string): Readonly<Record<string, number>> {
  const errors: Record<string, number> = {};
  for (const [, count, what = ''] of stderr.matchAll(/^(\d+) +[A-Z]+ \S+: (.*\S) *$/gm)) {
    errors[what] = (errors[what] ?? 0) + Number(count);
  }
  return errors;
}

function latencyOf(entries: readonly Entry[]): Latency {
  const counts = entries
    .flatMap(({ response_times }) => Object.entries(response_times))
    .map(([ms, count]) => [Number(ms), count] as const)
    .sort(([a], [b]) => a - b);
  const all = counts.reduce((total, [, count]) => total + count, 0);
  const at = (share: number) => {
    let left = share * all;
    for (const [ms, count] of counts) {
      left -= count;
      if (left <= 0) return ms;
    }
    return counts.at(-1)?.[0] ?? 0;
  };
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: at(1) };
}
