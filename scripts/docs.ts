import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alertTable } from './lib/alerts.ts';
import { baselineChart, baselineSection, replacedQueries } from './lib/baseline.ts';
import { instanceTable, redisTable, totalTable } from './lib/capacity.ts';
import { dashboardJson } from './lib/dashboard.ts';
import { policyJsonSchema, policyTable } from './lib/policy.ts';
import {
  benchmarkSummary,
  decisionTable,
  peersTable,
  refusalTable,
  settingTables,
} from './lib/tables.ts';

/*
 * Writes the generated parts of docs/, which stand between a pair of markers each, and the files that
 * are generated as a whole. With --check it writes nothing, and fails where something is not what
 * would be written.
 */

const DOCS = join(import.meta.dirname, '../docs');

const PARTS: readonly (readonly [file: string, marker: string, text: () => string])[] = [
  ['settings.md', 'settings', settingTables],
  ['decisions.md', 'decisions', decisionTable],
  ['policy.md', 'policy', policyTable],
  ['http2.md', 'refusals', refusalTable],
  ['tuning.md', 'benchmarks', benchmarkSummary],
  ['baseline.md', 'queries', replacedQueries],
  ['baseline.md', 'baseline', baselineSection],
  ['../README.md', 'peers', peersTable],
  ['monitoring.md', 'alerts', alertTable],
  ['scaling.md', 'instance', instanceTable],
  ['scaling.md', 'redis', redisTable],
  ['scaling.md', 'totals', totalTable],
];

const FILES: readonly (readonly [file: string, text: () => string])[] = [
  ['../deploy/policy/schema.json', () => `${JSON.stringify(policyJsonSchema(), undefined, 2)}\n`],
  ['../deploy/grafana/dashboard.json', dashboardJson],
  ['baseline.svg', baselineChart],
];

const checkOnly = process.argv.includes('--check');

for (const [name, marker, text] of PARTS) {
  const file = join(DOCS, name);
  const before = readFileSync(file, 'utf8');
  const [begin, end] = [`<!-- ${marker}: generated -->`, `<!-- /${marker} -->`];
  const [head, rest, ...more] = before.split(begin);
  const tail = rest?.split(end);
  if (tail?.length !== 2 || more.length > 0) throw new Error(`${file} lacks one pair of ${begin}`);
  update(name, before, `${head}${begin}\n\n${text()}\n\n${end}${tail[1]}`);
}
for (const [name, text] of FILES) {
  const file = join(DOCS, name);
  update(name, existsSync(file) ? readFileSync(file, 'utf8') : '', text());
}

function update(name: string, before: string, after: string): void {
  if (after === before) return;
  if (checkOnly) {
    process.stderr.write(`docs/${name} is out of date: run "npm run docs"\n`);
    process.exitCode = 1;
  } else writeFileSync(join(DOCS, name), after);
}
