import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { alerts } from '../../../scripts/lib/alerts.ts';
import { run } from '../../../scripts/lib/run.ts';
import { ensureTool } from '../../../scripts/lib/tools.ts';
import { missing } from '../../support/tools.ts';

const FOLDER = join(import.meta.dirname, '../../../deploy/prometheus');
const CASES = join(FOLDER, 'rules.test.yaml');
const TIMEOUT_MS = 120_000;

interface Cases {
  readonly tests: readonly {
    readonly name: string;
    readonly promql_expr_test: readonly { readonly exp_samples: readonly object[] }[];
  }[];
}

// Groups are evaluated in no order: an alert that reads the record of another group sees this minute's
// or the last one's, as it happens.
it('has all rules of deploy/prometheus in one group', () => {
  const { groups } = parse(readFileSync(join(FOLDER, 'rules.yaml'), 'utf8')) as {
    readonly groups: readonly { readonly name: string }[];
  };
  expect(groups.map(({ name }) => name)).toEqual(['ext-authz']);
});

describe.skipIf(missing('promtool'))('deploy/prometheus', () => {
  const promtool = async (...args: readonly string[]) =>
    run((await ensureTool('promtool')).path, args, TIMEOUT_MS);

  it('has rules that Prometheus takes', { timeout: TIMEOUT_MS }, async () => {
    expect(await promtool('check', 'rules', join(FOLDER, 'rules.yaml'))).toContain('SUCCESS');
  });

  it('has alerts that fire when they should, and not else', { timeout: TIMEOUT_MS }, async () => {
    expect(await promtool('test', 'rules', CASES)).toContain('SUCCESS');
  });
});

describe('the cases of deploy/prometheus', () => {
  const { tests } = parse(readFileSync(CASES, 'utf8')) as Cases;

  it.each(alerts().map((alert) => [alert.alert, alert.for] as const))(
    'show %s firing, not before its time, and silent',
    (alert, lasting) => {
      const outcomes = tests
        .filter(({ name }) => name.startsWith(`${alert}: `))
        .map(({ promql_expr_test: looks }) => looks.map(({ exp_samples: samples }) => samples));
      const fires = [{ labels: `{alertname="${alert}"}`, value: 1 }];
      const [first, ...others] = outcomes;
      expect(first).toEqual(lasting === undefined ? [fires] : [[], fires]);
      expect(others.length).toBeGreaterThan(0);
      for (const other of others) expect(other).toEqual([[]]);
    },
  );
});
