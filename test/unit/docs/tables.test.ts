import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { instanceTable, redisTable, totalTable } from '../../../scripts/lib/capacity.ts';
import { decisionTable, refusalTable, settingTables } from '../../../scripts/lib/tables.ts';
import { settingInfos } from '../../../src/config/setting-info.ts';
import { reasonNames, reasons } from '../../../src/domain/reason.ts';
import { refusals } from '../../../src/sources/http2/meter.ts';

const doc = (name: string) =>
  readFileSync(join(import.meta.dirname, '../../../docs', name), 'utf8');

describe('the tables in docs/ (npm run docs writes them)', () => {
  it('have every setting as it is', () => {
    expect(doc('settings.md')).toContain(settingTables());
    for (const { name } of settingInfos) expect(settingTables()).toContain(`\`${name}\``);
  });

  it('have every refusal of the transport as it is', () => {
    expect(doc('http2.md')).toContain(refusalTable());
    for (const [name, why] of Object.entries(refusals)) {
      expect(refusalTable()).toContain(`| \`${name}\` | ${why} |`);
    }
  });

  it('have what was measured of capacity as it is', () => {
    for (const table of [instanceTable(), redisTable(), totalTable()]) {
      expect(doc('scaling.md')).toContain(table);
    }
    const [, , ...totals] = totalTable().split('\n');
    expect(totals.map((row) => row.split(' | ')[0])).toEqual([
      '| 10,000',
      '| 100,000',
      '| 1,000,000',
    ]);
    for (const row of totals) expect(row).not.toContain('NaN');
  });

  it('have every reason as it is', () => {
    expect(doc('decisions.md')).toContain(decisionTable());
    for (const reason of reasonNames) {
      expect(decisionTable()).toContain(`| ${reasons[reason].result} | \`${reason}\` |`);
    }
  });
});
