import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  benchmarkSummary,
  decisionTable,
  peersTable,
  refusalTable,
  settingTables,
} from './lib/tables.ts';

/*
 * Writes the generated parts of docs/, which stand between a pair of markers each. With --check it
 * writes nothing, and fails where a part is not what would be written.
 */

const DOCS = join(import.meta.dirname, '../docs');

const PARTS: readonly (readonly [file: string, marker: string, text: () => string])[] = [
  ['settings.md', 'settings', settingTables],
  ['decisions.md', 'decisions', decisionTable],
  ['http2.md', 'refusals', refusalTable],
  ['tuning.md', 'benchmarks', benchmarkSummary],
  ['../README.md', 'peers', peersTable],
];

const checkOnly = process.argv.includes('--check');

for (const [name, marker, text] of PARTS) {
  const file = join(DOCS, name);
  const before = readFileSync(file, 'utf8');
  const [begin, end] = [`<!-- ${marker}: generated -->`, `<!-- /${marker} -->`];
  const [head, rest, ...more] = before.split(begin);
  const tail = rest?.split(end);
  if (tail?.length !== 2 || more.length > 0) throw new Error(`${file} lacks one pair of ${begin}`);
  const after = `${head}${begin}\n\n${text()}\n\n${end}${tail[1]}`;
  if (after === before) continue;
  if (checkOnly) {
    process.stderr.write(`docs/${name} is out of date: run "npm run docs"\n`);
    process.exitCode = 1;
  } else writeFileSync(file, after);
}
