import { type GeneratorOptions, type GeneratorResult, generate } from './generator.ts';
import type { Latency } from './latency.ts';
import { cpuSeconds, type Memory, memory } from './proc.ts';
import { processFigures } from './process-figures.ts';
import type { ProcessFigures, Run } from './result.ts';
import { type Samples, scrape, serverFigures } from './server-figures.ts';
import type { Subject } from './subject.ts';

const MEMORY_POLL_MS = 250;
/** A generator, or the core it shares with Redis, this busy was what limited the run. */
const MAX_OTHER_SHARE = 0.92;
/** Above this the generator was late by itself: the machine was busy with something else. */
const MAX_LATENESS_SHARE = 0.5;
const MIN_LATENESS_MS = 2;
/** Beside the 200 ms that a caller waits: cancels come in storms, and nobody is helped by their being punctual. */
const MIN_OVERLOAD_LATENESS_MS = 5;

export interface Roles {
  readonly server: Subject;
  /** Other processes whose CPU counts, by role: redis, envoy. Those on the generator's core. */
  readonly beside: Readonly<Record<string, readonly number[]>>;
}

export interface Observed {
  readonly run: Run;
  readonly result: GeneratorResult;
  /** What the server told of itself at both edges of the window; absent where it is not ours. */
  readonly told?: { readonly before: Samples; readonly after: Samples };
}

/** One run of the generator, and what the processes used while it ran. */
export async function measure(
  roles: Roles,
  options: GeneratorOptions,
  signal?: AbortSignal,
): Promise<Run> {
  return (await observe(roles, options, signal)).run;
}

/** The same, with what the run was made of. */
export async function observe(
  { server, beside }: Roles,
  options: GeneratorOptions,
  signal?: AbortSignal,
): Promise<Observed> {
  const pids = { server: server.pids(), ...beside };
  const watch = new Watch(pids);
  const { adminUrl } = server;
  let scraped: Promise<Samples> | undefined;
  const result = await generate(
    options,
    (edge) => {
      watch[edge]();
      if (edge === 'start' && adminUrl !== undefined) scraped = scrape(adminUrl);
    },
    signal,
  ).finally(() => watch.close());
  const processes = watch.figures(result.checks, result.seconds);
  const run: Run = {
    ...voidReason(result, processes, options),
    ...fromGenerator(result),
    processes,
  };
  if (adminUrl === undefined || scraped === undefined) return { run, result };
  const told = { before: await scraped, after: await scrape(adminUrl) };
  const connections = server.redisConnections ?? 1;
  const figures = serverFigures(told.before, told.after, result.seconds, connections);
  return { run: { ...run, server: figures }, result, told };
}

class Watch {
  readonly #pids: Readonly<Record<string, readonly number[]>>;
  readonly #cpu: { start: Record<string, number>; end: Record<string, number> } = {
    start: {},
    end: {},
  };
  readonly #memory: Record<string, Memory> = {};
  #timer: NodeJS.Timeout | undefined;

  constructor(pids: Readonly<Record<string, readonly number[]>>) {
    this.#pids = pids;
  }

  start(): void {
    this.#cpu.start = this.#readCpu();
    this.#readMemory();
    this.#timer = setInterval(() => this.#readMemory(), MEMORY_POLL_MS);
  }

  end(): void {
    this.#cpu.end = this.#readCpu();
    this.#readMemory();
    this.close();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  figures(checks: number, seconds: number): Readonly<Record<string, ProcessFigures>> {
    return Object.fromEntries(
      Object.keys(this.#pids).map((role) => {
        const cpu = (this.#cpu.end[role] ?? 0) - (this.#cpu.start[role] ?? 0);
        return [role, processFigures(cpu, checks, seconds, this.#memory[role])];
      }),
    );
  }

  #readCpu(): Record<string, number> {
    return Object.fromEntries(
      Object.entries(this.#pids).map(([role, pids]) => [role, cpuSeconds(pids)]),
    );
  }

  #readMemory(): void {
    for (const [role, pids] of Object.entries(this.#pids)) {
      const now = memory(pids);
      const most = this.#memory[role] ?? now;
      this.#memory[role] = {
        rssMiB: Math.max(most.rssMiB, now.rssMiB),
        anonMiB: Math.max(most.anonMiB, now.anonMiB),
      };
    }
  }
}

function fromGenerator(result: GeneratorResult) {
  const { seconds, checks, failed, answers, latencyNs, cpuSeconds: cpu } = result;
  const latencyMs = inMs(latencyNs);
  const { cpuUsPerCheck, cpuShare } = processFigures(cpu, checks, seconds);
  const generator = { cpuUsPerCheck, cpuShare };
  return { seconds, checks, rps: checks / seconds, failed, answers, latencyMs, generator };
}

/** Percentiles as the generator tells them. */
export function inMs({ p50, p90, p99, p999, max }: Latency): Latency {
  const ms = (ns: number) => ns / 1e6;
  return { p50: ms(p50), p90: ms(p90), p99: ms(p99), p999: ms(p999), max: ms(max) };
}

/** Runs whose figures say more of the machine, or of a fault, than of the server. */
function voidReason(
  result: GeneratorResult,
  processes: Readonly<Record<string, ProcessFigures>>,
  options: GeneratorOptions,
): { readonly void?: string } {
  const example = result.examples[0];
  const wrong = result.failed.wrong ?? 0;
  // Where more is asked than can be answered, such runs are the worst that can be found out.
  const isOverload = options.caller?.tellsRefusals === true && options.loop !== 'closed';
  if (!isOverload) {
    if (wrong > result.checks) return { void: `${wrong} wrong answers: ${example}` };
    if (result.checks === 0) return { void: `no right answer: ${example ?? 'none at all'}` };
  }
  const others = Object.entries(processes).filter(([role]) => role !== 'server');
  const busy =
    result.cpuSeconds / result.seconds +
    others.reduce((sum, [, { cpuShare }]) => sum + cpuShare, 0);
  if (busy > MAX_OTHER_SHARE) {
    return { void: `the generator's core was ${Math.round(busy * 100)} % busy` };
  }
  const late = (isOverload ? result.behindNs : result.latenessNs).p99 / 1e6;
  const unsent = isOverload ? 0 : (result.failed.unsent ?? 0);
  const least = isOverload ? MIN_OVERLOAD_LATENESS_MS : MIN_LATENESS_MS;
  const limit = Math.max(least, (result.latencyNs.p99 / 1e6) * MAX_LATENESS_SHARE);
  if (options.loop !== 'closed' && unsent === 0 && late > limit) {
    return { void: `the generator was late by ${late.toFixed(1)} ms (p99): the machine is busy` };
  }
  return {};
}
