import type { Observed } from '../lib/measure.ts';
import { inMs } from '../lib/measure.ts';
import type { OverloadFigures, Run } from '../lib/result.ts';
import { decisionsByReason } from './reasons.ts';

/** What stands beside a run: what the server can take, and what it held then. */
export interface Before {
  readonly capacity: number;
  /** Most memory of the first run at capacity; undefined while that is to come. */
  readonly rssMiB: number | undefined;
}

/** A run, with what became of the checks that were due. */
export function withOutcome(
  { run, result, told }: Observed,
  { capacity, rssMiB }: Before,
  more: Partial<OverloadFigures> = {},
): Run {
  const held = run.processes.server?.rssMiB;
  const refused = result.failed.refused ?? 0;
  const overload: OverloadFigures = {
    ...{ capacity, due: result.due, connections: result.connections },
    pendingMs: inMs(result.latenessNs),
    ...(refused > 0 && { refusalMs: inMs(result.refusalNs) }),
    reasons: told === undefined ? {} : decisionsByReason(told.before, told.after, result.seconds),
    ...(held !== undefined && rssMiB !== undefined && { memoryGrowth: held / rssMiB }),
    ...more,
  };
  return { ...run, overload };
}
