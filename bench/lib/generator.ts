import { runForJson } from './child.ts';
import type { Load } from './result.ts';

/** What bench/load prints at its end; times in ns. */
export interface GeneratorResult {
  readonly seconds: number;
  readonly checks: number;
  readonly answers: Readonly<Record<string, number>>;
  readonly failed: Readonly<Record<string, number>>;
  readonly examples: readonly string[];
  readonly latencyNs: Percentiles;
  readonly latenessNs: Percentiles;
  readonly cpuSeconds: number;
  readonly connections: number;
}

interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
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
  ];
  let result: GeneratorResult | undefined;
  await runForJson('load', [...options.command, ...args], signal, (message) => {
    if (message.event === undefined) result = message;
    else atEdge(message.event);
  });
  if (result === undefined) throw new Error('load ended without a result');
  return result;
}
