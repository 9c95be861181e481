import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeCommit, describeMachine, describeVersions } from './machine.ts';
import type { BenchName, BenchResult } from './result.ts';

export const RESULTS = new URL('../results', import.meta.url).pathname;

type Content = Pick<BenchResult, 'corpus' | 'experiments' | 'skipped' | 'stages' | 'soak'>;

/** The result of one benchmark on disk: whole and valid after every run, complete only at the end. */
export class ResultFile {
  readonly path: string;
  readonly #head: Omit<BenchResult, 'endedAt' | 'complete' | keyof Content>;

  static async create(bench: BenchName, quick: boolean, folder = RESULTS): Promise<ResultFile> {
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
    return new ResultFile(join(folder, quick ? 'quick' : '', `${bench}.json`), head);
  }

  private constructor(path: string, head: ResultFile['head']) {
    this.path = path;
    this.#head = head;
  }

  /** For its type. */
  get head(): Omit<BenchResult, 'endedAt' | 'complete' | keyof Content> {
    return this.#head;
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

/** Five digits are more than any of it is good for. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value)
    ? Number(value.toPrecision(5))
    : value;
}
