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

  it.each(alerts().map(({ alert }) => alert))('show %s both firing and silent', (alert) => {
    const outcomes = tests
      .filter(({ name }) => name.startsWith(`${alert}: `))
      .flatMap(({ promql_expr_test: expected }) => expected)
      .map(({ exp_samples: samples }) => JSON.stringify(samples));
    const fired = JSON.stringify([{ labels: `{alertname="${alert}"}`, value: 1 }]);
    expect(outcomes).toEqual([fired, '[]']);
  });
});
