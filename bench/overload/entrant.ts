import type { Bench, ReadyCorpus } from '../lib/bench.ts';
import type { CallerOptions, GeneratorOptions } from '../lib/generator.ts';
import { type Observed, observe } from '../lib/measure.ts';
import type { Load, Run } from '../lib/result.ts';
import { type Subject, startSluice } from '../lib/subject.ts';
import { CALLER, closedLoops, TIMEOUT_MS } from './caller.ts';
import type { Build, Scenario } from './scenarios.ts';

/** Few enough that nothing is refused while every token is new. */
const COLD: Load = { loop: 'closed', connections: 2, streams: 8 };

type Window = Pick<GeneratorOptions, 'warmupMs' | 'durationMs'> &
  Partial<Pick<GeneratorOptions, 'seed' | 'skip'>> & { readonly caller?: Partial<CallerOptions> };

/** A server that takes part, and what was measured of it, by variant. */
export class Entrant implements AsyncDisposable {
  readonly build: Build;
  readonly runs = new Map<string, Run[]>();
  /** Most memory of the first run at capacity. */
  rssMiB: number | undefined;
  /** What tells its capacity. */
  closedLoop: Load | undefined;
  readonly #bench: Bench;
  readonly #ready: ReadyCorpus;
  readonly #server: Subject;

  static async start(build: Build, scenario: Scenario, bench: Bench): Promise<Entrant> {
    const ready = await bench.corpus(scenario.corpus);
    const settings = { ...bench.settings(ready), ...scenario.settings, ...build.settings };
    const entrant = new Entrant(build, bench, ready, await startSluice({ settings }));
    await entrant.#warm();
    return entrant;
  }

  private constructor(build: Build, bench: Bench, ready: ReadyCorpus, server: Subject) {
    this.build = build;
    this.#bench = bench;
    this.#ready = ready;
    this.#server = server;
  }

  ask(load: Load, { caller = {}, ...window }: Window): Promise<Observed> {
    const bench = this.#bench;
    const options = {
      ...{
        ...load,
        ...window,
        timeoutMs: TIMEOUT_MS,
        caller: { ...CALLER, ...this.build.caller, ...caller },
      },
      ...{ corpus: this.#ready.file, command: bench.generator, address: this.#server.address },
    };
    const roles = { server: this.#server, beside: { redis: [bench.redis.pid] } };
    return observe(roles, options, bench.options.signal);
  }

  keep(variant: string, run: Run): void {
    this.runs.set(variant, [...(this.runs.get(variant) ?? []), run]);
  }

  /** The closed loop in which it answers most. */
  async bestLoop(window: Window): Promise<Load> {
    let [best, most] = [closedLoops[0] as Load, 0];
    for (const load of closedLoops) {
      const { run } = await this.ask(load, window);
      if (run.rps > most) [best, most] = [load, run.rps];
    }
    return best;
  }

  /** Until every token was asked about, or for as long as that should take. */
  async #warm(): Promise<void> {
    const { coldMs } = this.#bench.timing;
    const tokens = this.#ready.corpus.questions.length;
    for (let asked = 0, left = 4; asked < tokens && left > 0; left--) {
      const { run } = await this.ask(COLD, { warmupMs: 0, durationMs: coldMs / 4, skip: asked });
      if (run.checks === 0) throw new Error(`${this.build.id}: ${run.void}`);
      asked += run.checks;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#server[Symbol.asyncDispose]());
  }
}
