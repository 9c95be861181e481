import type { Run } from '../../../../bench/lib/result.ts';
import { runOf } from './fixture.ts';

const SECONDS = 10;

interface OverloadFigures {
  readonly capacity?: number;
  /** Offered, over capacity. */
  readonly factor?: number;
  /** Right answers, over capacity. */
  readonly goodput?: number;
  readonly p99Ms?: number;
  readonly refusalP99Ms?: number;
  readonly memoryGrowth?: number;
  readonly recoveryMs?: number;
  readonly wrong?: number;
  readonly lost?: number;
}

/** A run at a multiple of capacity; what was not answered rightly was refused. */
export function overloadRun(figures: OverloadFigures): Run {
  const { capacity = 1_000, factor = 1, goodput = Math.min(factor, 1), p99Ms = 15 } = figures;
  const { refusalP99Ms = 5, memoryGrowth = 1, recoveryMs, wrong = 0, lost = 0 } = figures;
  const due = Math.round(capacity * factor * SECONDS);
  const refused = due - Math.round(capacity * goodput * SECONDS) - wrong - lost;
  const failed = { refused, ...(wrong > 0 && { wrong }), ...(lost > 0 && { connection: lost }) };
  const latency = { p50: 1, p90: 2, p99: 3, p999: 4, max: 5 };
  return runOf(
    { rps: capacity * goodput, p99: p99Ms, failed },
    {
      seconds: SECONDS,
      overload: {
        ...{ capacity, due, memoryGrowth, connections: 8, pendingMs: latency },
        refusalMs: { ...latency, p99: refusalP99Ms },
        reasons: { success: capacity * goodput, overload: refused / SECONDS },
        ...(recoveryMs !== undefined && { recoveryMs }),
      },
    },
  );
}
