import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { baselineChart, baselineSection, replacedQueries } from '../../../scripts/lib/baseline.ts';

const DOCS = join(import.meta.dirname, '../../../docs');
const read = (name: string) => readFileSync(join(DOCS, name), 'utf8');

it('the baseline in docs is what its result gives (npm run docs writes it)', () => {
  expect(read('baseline.md')).toContain(baselineSection());
  expect(read('baseline.md')).toContain(replacedQueries());
  expect(read('baseline.svg') === baselineChart()).toBe(true);
});
