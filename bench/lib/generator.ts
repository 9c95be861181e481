import { runForJson } from './child.ts';
import type { Latency } from './latency.ts';
import type { Load } from './result.ts';

/** What bench/load prints at its end; times in ns. */
export interface GeneratorResult {
  readonly seconds: number;
  /** Checks of an open loop, whatever became of them. */
  readonly due: number;
  readonly checks: number;
  readonly answers: Readonly<Record<string, number>>;
  readonly failed: Readonly<Record<string, number>>;
  readonly examples: readonly string[];
  readonly latencyNs: Latency;
  /** The same of refusals; zeros where they are not told from wrong answers. */
  readonly refusalNs: Latency;
  /** What the generator, or a connection without a free stream, added. */
  readonly latenessNs: Latency;
  /** What the generator added. */
  readonly behindNs: Latency;
  readonly cpuSeconds: number;
  readonly connections: number;
  readonly slices: readonly Slice[];
}

/** A part of the window, by when checks were due. */
export interface Slice {
  readonly checks: number;
  readonly failed: number;
  readonly p99Ns: number;
}

export interface GeneratorOptions extends Load {
  readonly command: readonly string[];
  readonly address: string;
  readonly corpus: string;
  readonly warmupMs: number;
  readonly durationMs: number;
  readonly timeoutMs?: number;
  /** Checks after which a connection is replaced. */
  readonly perConnection?: number;
  readonly seed?: number;
  /** Where in the corpus to begin. */
  readonly skip?: number;
  readonly caller?: CallerOptions;
}

/** Looks at sockets and arrivals are dear, and that often is often enough for latencies of ms. */
export const PACE_MS = 0.2;

/** How a caller behaves whose server does not keep up. */
export interface CallerOptions {
  /**
   * Connections that each may become when it is full, as the pool of a worker of Envoy, with checks
   * that go to no other; absent = any check goes to any connection, and there are never more.
   */
  readonly pool?: number;
  /** Checks that wait for a free stream at most, in each pool; the next one fails at once. Absent = any number. */
  readonly pending?: number;
  /** Whether answers that say that the server cannot are told from wrong ones, as `refused`. */
  readonly tellsRefusals: boolean;
  /** Checks/s before the window, where it is another rate. */
  readonly rateBefore?: number;
  /** Length of the slices that the window is told in. */
  readonly sliceMs?: number;
}

/** Runs the generator; `atEdge` is called when the measured window opens, and when it closes. */
export async function generate(
  options: GeneratorOptions,
  atEdge: (edge: 'start' | 'end') => void,
  signal?: AbortSignal,
): Promise<GeneratorResult> {
  const args = [
    ...['-address', options.address, '-corpus', options.corpus, '-loop', options.loop],
    ...['-connections', `${options.connections}`, '-streams', `${options.streams}`],
    ...['-warmup', `${options.warmupMs}ms`, '-duration', `${options.durationMs}ms`],
    ...['-timeout', `${options.timeoutMs ?? 1000}ms`, '-seed', `${options.seed ?? 1}`],
    ...['-skip', `${options.skip ?? 0}`],
    ...(options.rate === undefined ? [] : ['-rate', `${options.rate}`]),
    ...(options.perConnection === undefined ? [] : ['-per-connection', `${options.perConnection}`]),
    ...(options.paceMs === undefined ? [] : ['-pace', `${options.paceMs}ms`]),
    ...callerArguments(options.caller),
  ];
  let result: GeneratorResult | undefined;
  await runForJson('load', [...options.command, ...args], signal, (message) => {
    if (message.event === undefined) result = message;
    else atEdge(message.event);
  });
  if (result === undefined) throw new Error('load ended without a result');
  return result;
}

function callerArguments(caller: CallerOptions | undefined): string[] {
  if (caller === undefined) return [];
  const { pool, pending, tellsRefusals, rateBefore, sliceMs } = caller;
  const flag = (name: string, value: number | undefined, unit = '') =>
    value === undefined ? [] : [name, `${value}${unit}`];
  return [
    ...(tellsRefusals ? ['-refusals'] : []),
    ...flag('-pool', pool),
    ...flag('-pending', pending),
    ...flag('-rate-before', rateBefore),
    ...flag('-slice', sliceMs, 'ms'),
  ];
}
