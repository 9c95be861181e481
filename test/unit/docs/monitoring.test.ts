import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { alerts, alertTable } from '../../../scripts/lib/alerts.ts';
import { dashboardJson } from '../../../scripts/lib/dashboard.ts';

const ROOT = join(import.meta.dirname, '../../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

describe('what is generated for monitoring (npm run docs writes it)', () => {
  it('has the dashboard as it is', () => {
    expect(read('deploy/grafana/dashboard.json') === dashboardJson()).toBe(true);
  });

  it('has every alert as it is', () => {
    expect(read('docs/monitoring.md')).toContain(alertTable());
    for (const { alert } of alerts()) expect(alertTable()).toContain(`| \`${alert}\` |`);
  });
});

describe('the dashboard', () => {
  interface Panel {
    readonly id: number;
    readonly gridPos: { readonly x: number; readonly y: number; w: number; h: number };
  }
  const { panels } = JSON.parse(dashboardJson()) as { readonly panels: readonly Panel[] };

  it('has panels that do not lie on one another', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });
});

describe('an alert', () => {
  const [, paged = ''] = /^## When paged\n(.*?)^## /ms.exec(read('docs/operations.md')) ?? [];

  it.each(alerts().map((alert) => [alert.alert, alert] as const))(
    'says how bad it is and what to do: %s',
    (_, { labels, annotations }) => {
      expect(labels.severity).toMatch(/^(critical|warning)$/);
      expect(annotations.summary).not.toBe('');
      expect(annotations.description).toMatch(/\.$/);
      const rows = annotations.row?.split('; ') ?? [];
      for (const row of rows) expect(paged).toContain(`\n| ${row} |`);
      expect(annotations.runbook_url).toBe(
        rows.length > 0 ? 'docs/operations.md#when-paged' : 'docs/monitoring.md#alerts',
      );
    },
  );
});
