import { describe, expect, it } from 'vitest';
import type { GeneratorResult } from '../../../../bench/lib/generator.ts';
import { parseMetrics } from '../../../../bench/lib/server-figures.ts';
import { withOutcome } from '../../../../bench/overload/outcome.ts';
import { decisionsByReason } from '../../../../bench/overload/reasons.ts';
import { runOf } from '../report/fixture.ts';

const none = { p50: 0, p90: 0, p99: 0, p999: 0, max: 0 };
const ns = { p50: 1e6, p90: 2e6, p99: 3e6, p999: 4e6, max: 5e6 };
const ms = { p50: 1, p90: 2, p99: 3, p999: 4, max: 5 };

const result: GeneratorResult = {
  ...{ seconds: 10, due: 20_000, checks: 9_000, answers: { allow: 9_000 }, examples: [] },
  failed: { refused: 6_000, timeout: 3_000, unsent: 1_500, wrong: 300, connection: 200 },
  ...{ latencyNs: ns, refusalNs: ns, latenessNs: ns, behindNs: none },
  ...{ cpuSeconds: 1, connections: 9, slices: [] },
};
const { failed } = result;
const run = runOf({ rps: 900, rssMiB: 90, failed });

describe('withOutcome', () => {
  it('tells what became of the checks that were due', () => {
    const { overload, ...rest } = withOutcome(
      { run, result },
      { capacity: 1_000, rssMiB: 75 },
      { recoveryMs: 200 },
    );
    expect(rest).toEqual(run);
    expect(overload).toEqual({
      ...{ capacity: 1_000, due: 20_000, connections: 9, reasons: {} },
      ...{ pendingMs: ms, refusalMs: ms, memoryGrowth: 1.2, recoveryMs: 200 },
    });
  });

  it('has no time to a refusal where none was refused, and no growth of what is not known', () => {
    const calm = { ...result, failed: {} };
    const { overload } = withOutcome({ run, result: calm }, { capacity: 1, rssMiB: undefined });
    expect(overload?.refusalMs).toBeUndefined();
    expect(overload?.memoryGrowth).toBeUndefined();
  });
});

describe('decisionsByReason', () => {
  const before = parseMetrics(`
ext_authz_requests_total{result="allow",reason="success"} 100
ext_authz_requests_total{result="error",reason="overload"} 7
ext_authz_requests_total{result="error",reason="internal"} 0
ext_authz_errors_total{type="overload"} 7
`);
  const after = parseMetrics(`
ext_authz_requests_total{result="allow",reason="success"} 300
ext_authz_requests_total{result="error",reason="overload"} 57
ext_authz_requests_total{result="error",reason="internal"} 0
ext_authz_errors_total{type="overload"} 57
`);

  it('tells what was decided in between, a second', () => {
    expect(decisionsByReason(before, after, 2)).toEqual({ success: 100, overload: 25 });
    expect(decisionsByReason(after, after, 2)).toEqual({});
  });
});
