import type { FigureName, Variant } from '../lib/result.ts';
import { figures, type Pick, type Spread, spreadOf } from './figures.ts';
import { number, percent } from './numbers.ts';

/** Of a table of variants. */
export interface Column {
  readonly title: string;
  readonly of: Pick;
  /** Without a unit: the title has it. */
  readonly text: (value: number) => string;
}

const ofFigure = (name: FigureName, title: string, text = number): Column => ({
  title,
  of: figures[name].of,
  text,
});

export const shortColumns: readonly Column[] = [
  ofFigure('rps', 'checks/s'),
  ofFigure('p50Ms', 'p50 ms'),
  ofFigure('p99Ms', 'p99 ms'),
  ofFigure('serverCpuUs', 'server µs'),
  ofFigure('redisCpuUs', 'Redis µs'),
  ofFigure('envoyCpuUs', 'Envoy µs'),
  ofFigure('rssMiB', 'memory MiB'),
  ofFigure('failedShare', 'failed', percent),
];

export const allColumns: readonly Column[] = [
  ...shortColumns,
  ofFigure('cpuShare', 'CPU of a core', percent),
  { title: 'batch', of: (run) => run.server?.batchSize, text: number },
  { title: 'pool use', of: (run) => run.server?.poolUse, text: number },
];

/** Those that any of the variants has a figure for. */
export function columnsOf(
  columns: readonly Column[],
  variants: readonly Variant[],
): readonly Column[] {
  return columns.filter(({ of }) =>
    variants.some((variant) => spreadOf(variant, of) !== undefined),
  );
}

/** "82,100–86,000"; undefined of a single run, or where it would say the median again. */
export function rangeText({ median, min, max }: Spread, text: Column['text']): string | undefined {
  const [low, high] = [text(min), text(max)];
  return low === high && low === text(median) ? undefined : `${low}–${high}`;
}
