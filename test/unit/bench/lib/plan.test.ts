import { describe, expect, it } from 'vitest';
import { askedOver, planQueries, planQueryNames } from '../../../../bench/lib/plan.ts';

describe("the plan's queries", () => {
  it('are asked as they are, but for the time', () => {
    expect(askedOver(planQueries.success, 60)).toBe(
      'sum(rate(ext_authz_requests_total{result="allow"}[60s])) / sum(rate(ext_authz_requests_total[60s])) * 100',
    );
  });

  it('have another in place of what needs a kubelet, or a service that is busy still', () => {
    const replaced = planQueryNames.filter((name) => planQueries[name].instead !== undefined);
    expect(replaced).toEqual(['cpu', 'memory', 'inFlight']);
    expect(askedOver(planQueries.cpu, 60)).toBe('sum(rate(process_cpu_seconds_total[60s]))');
  });

  it.each(planQueryNames)('leave nothing of the old time, nor of containers: %s', (name) => {
    expect(askedOver(planQueries[name], 60)).not.toMatch(/5m|container/);
  });
});
