import { readFileSync } from 'node:fs';
import { requiredUnless } from '../../src/config/help.ts';
import { formatValue } from '../../src/config/print.ts';
import { type SettingInfo, settingInfos } from '../../src/config/setting-info.ts';
import { GrpcCode, type ReasonSpec, reasonNames, reasons } from '../../src/domain/reason.ts';
import { refusals } from '../../src/sources/http2/meter.ts';
import { markdownTable } from './markdown-table.ts';
import { measuredVariants, median } from './measured.ts';

const SUMMARY = new URL('../../bench/results/summary.md', import.meta.url);

/** Headings, and the setting each begins with. */
const GROUPS: Readonly<Record<string, string>> = {
  AUTH_GRPC_PORT: 'Ports',
  AUTH_REDIS_URL: 'Tokens and answers',
  REDIS_POOL_SIZE: 'Redis',
  GRPC_MAX_CONCURRENT_STREAMS: 'gRPC',
  MAX_IN_FLIGHT: 'Pipeline',
  WORKERS: 'Processes',
  LOG_LEVEL: 'Logs and traces',
};

/** Markdown: a table for each group of settings. */
export function settingTables(): string {
  return settingInfos
    .map((info) => {
      const heading = GROUPS[info.name];
      const head = '| variable | default | meaning | allowed |\n|---|---|---|---|\n';
      const start = heading === undefined ? '' : `\n### ${heading}\n\n${head}`;
      return start + settingRow(info);
    })
    .join('\n')
    .trim();
}

function settingRow(info: SettingInfo): string {
  const { name, description, allowed, required, unless, fallback, secret } = info;
  const value = required ? `**${requiredUnless(unless)}**` : code(formatValue(fallback)) || 'empty';
  const names = secret ? `${code(name)} or ${code(`${name}_FILE`)}` : code(name);
  return `| ${names} | ${value} | ${cell(description)} | ${cell(allowed)} |`;
}

/** Markdown: every way a check can end. */
export function decisionTable(): string {
  const rows = reasonNames.map((name) => decisionRow(name, reasons[name]));
  return markdownTable(['result', 'reason', 'HTTP', 'gRPC status', 'when'], rows);
}

/** Markdown: what the transport refuses, by the label of its metric. */
export function refusalTable(): string {
  const rows = Object.entries(refusals).map(([name, why]) => [code(name), cell(why)]);
  return markdownTable(['class', 'what'], rows);
}

/** Markdown: what the benchmarks found, its headings one level down and without its title. */
export function benchmarkSummary(): string {
  const [, ...lines] = readFileSync(SUMMARY, 'utf8').trim().split('\n');
  return lines
    .map((line) => (line.startsWith('#') ? `#${line}` : line))
    .join('\n')
    .trim();
}

/** Markdown: what one core answers, and what a check costs, beside servers that decide nothing. */
export function peersTable(): string {
  const rows = measuredVariants('peers', 'saturated').map((variant) => {
    const rps = Math.round(median(variant, 'rps') / 100) * 100;
    const cpu = Math.round(median(variant, 'serverCpuUs'));
    return [variant.label, rps.toLocaleString('en'), `${cpu} µs`];
  });
  return markdownTable(['on one core', 'checks/s', 'CPU per check'], rows);
}

function decisionRow(name: string, spec: ReasonSpec): readonly string[] {
  const codes = Object.entries(GrpcCode).map(([text, number]) => [number, text] as const);
  const grpc = new Map<number, string>(codes).get(spec.grpcCode);
  const http = spec.result === 'allow' ? '' : String(spec.httpStatus);
  const signalled = spec.signalled ? ' FAILURE_SIGNAL says how Envoy is told.' : '';
  return [spec.result, code(name), http, `${grpc}`, cell(spec.description + signalled)];
}

function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}

/** Bars end a cell, and angle brackets begin HTML. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
