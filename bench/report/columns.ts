import type { FigureName, Variant } from '../lib/result.ts';
import { figures, type Pick, type Spread, spreadOf } from './figures.ts';
import { number, percent, whole } from './numbers.ts';
import { isOverload, lost, ofOverload } from './overload.ts';

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

/** Of checks that are due and not all answered: what became of them, in place of what an answer takes. */
const overloadColumns: readonly Column[] = [
  { title: 'due/s', of: ofOverload(({ due }, { seconds }) => due / seconds), text: number },
  ofFigure('rps', 'right/s'),
  ofFigure('goodput', 'of capacity', percent),
  ofFigure('p50Ms', 'p50 ms'),
  ofFigure('p99Ms', 'p99 ms'),
  { title: 'refused', of: shareOf('refused'), text: percent },
  ofFigure('refusalP99Ms', 'refusal p99 ms'),
  { title: 'cancelled', of: shareOf('timeout'), text: percent },
  { title: 'unsent', of: shareOf('unsent'), text: percent },
  { title: 'at the caller p99 ms', of: ofOverload(({ pendingMs }) => pendingMs.p99), text: number },
  { title: 'lost', of: ofOverload((_, run) => lost(run)), text: whole },
  ofFigure('wrong', 'wrong', whole),
  { title: 'connections', of: ofOverload(({ connections }) => connections), text: whole },
  ofFigure('rssMiB', 'memory MiB'),
  ofFigure('recoveryMs', 'normal after ms', whole),
];

function shareOf(kind: string): Pick {
  return ofOverload(({ due }, { failed }) => (failed[kind] ?? 0) / due);
}

/** Those that any of the variants has a figure for. */
export function columnsOf(
  columns: readonly Column[],
  variants: readonly Variant[],
): readonly Column[] {
  return (isOverload({ variants }) ? overloadColumns : columns).filter(({ of }) =>
    variants.some((variant) => spreadOf(variant, of) !== undefined),
  );
}

/** "82,100–86,000"; undefined of a single run, or where it would say the median again. */
export function rangeText({ median, min, max }: Spread, text: Column['text']): string | undefined {
  const [low, high] = [text(min), text(max)];
  return low === high && low === text(median) ? undefined : `${low}–${high}`;
}
