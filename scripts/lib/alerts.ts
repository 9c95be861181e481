import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { markdownTable } from './markdown-table.ts';

const RULES = new URL('../../deploy/prometheus/rules.yaml', import.meta.url);

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  /** How long it has to be true: '5m'; absent = not at all. */
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: {
    readonly summary: string;
    /** What to do. */
    readonly description: string;
    /** Rows of "When paged" in docs/operations.md, separated by '; '. */
    readonly row?: string;
    readonly runbook_url: string;
  };
}

interface RuleFile {
  readonly groups: readonly { readonly rules: readonly (RecordingRule | Alert)[] }[];
}

const rules = () => (parse(readFileSync(RULES, 'utf8')) as RuleFile).groups.flatMap((g) => g.rules);

/** Of deploy/prometheus/rules.yaml, in its order. */
export const recordingRules = (): readonly RecordingRule[] =>
  rules().filter((rule) => 'record' in rule);

/** Of deploy/prometheus/rules.yaml, in its order. */
export const alerts = (): readonly Alert[] => rules().filter((rule) => 'alert' in rule);

/** Markdown: every alert, when it fires and what to do. */
export function alertTable(): string {
  const rows = alerts().map((alert) => {
    const { description, row } = alert.annotations;
    const when = `\`${alert.expr.trim().replaceAll(/\s+/g, ' ').replaceAll('|', '\\|')}\``;
    const lasting = alert.for === undefined ? '' : ` for ${alert.for}`;
    const more = row === undefined ? '' : ` [When paged](operations.md#when-paged): ${row}.`;
    return [
      `\`${alert.alert}\``,
      alert.labels.severity,
      `${when}${lasting}`,
      `${description}${more}`,
    ];
  });
  return markdownTable(['alert', 'severity', 'fires when', 'what to do'], rows);
}
