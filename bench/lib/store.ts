import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeCommit, describeMachine, describeVersions } from './machine.ts';
import type { BenchName, BenchResult, Experiment } from './result.ts';

export const RESULTS = new URL('../results', import.meta.url).pathname;

type Content = Pick<
  BenchResult,
  | 'corpus'
  | 'experiments'
  | 'skipped'
  | 'stages'
  | 'soak'
  | 'chaos'
  | 'rotation'
  | 'scaling'
  | 'locust'
>;
type Head = Omit<BenchResult, 'endedAt' | 'complete' | keyof Content>;

/** The result of one benchmark on disk: whole and valid after every run, complete only at the end. */
export class ResultFile {
  readonly path: string;
  readonly #head: Head;

  static async create(bench: BenchName, quick: boolean): Promise<ResultFile> {
    const head = {
      schema: 1 as const,
      bench,
      startedAt: new Date().toISOString(),
      quick,
      commit: await describeCommit(),
      machine: describeMachine(),
      versions: await describeVersions(),
    };
    // A look must not take the place of what was measured with care.
    return new ResultFile(join(RESULTS, quick ? 'quick' : '', `${bench}.json`), head);
  }

  private constructor(path: string, head: Head) {
    this.path = path;
    this.#head = head;
  }

  write(content: Content, complete: boolean): void {
    const result: BenchResult = {
      ...this.#head,
      endedAt: new Date().toISOString(),
      complete,
      ...content,
    };
    mkdirSync(join(this.path, '..'), { recursive: true });
    writeFileSync(`${this.path}.new`, `${JSON.stringify(result, rounded, 1)}\n`);
    renameSync(`${this.path}.new`, this.path);
  }
}

/** Keeps experiments by their id, and writes all of them whenever one of them has a new run. */
export function recordExperiments(file: ResultFile, corpus: string, skipped: readonly string[]) {
  const experiments = new Map<string, Experiment>();
  const write = (complete: boolean): void =>
    file.write({ corpus, experiments: [...experiments.values()], skipped }, complete);
  return {
    update(experiment: Experiment): void {
      experiments.set(experiment.id, experiment);
      write(false);
    },
    finish: () => write(true),
  };
}

/** Five digits are more than any of it is good for. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value)
    ? Number(value.toPrecision(5))
    : value;
}
