import type { BenchResult, Experiment } from '../lib/result.ts';
import { chaosHead, chaosRows } from './chaos.ts';
import { checklist } from './checklist.ts';
import { type Column, columnsOf, rangeText, shortColumns } from './columns.ts';
import { countedRuns, type Spread, spreadOf } from './figures.ts';
import { knee } from './knee.ts';
import { ladderSteps } from './ladder.ts';
import { locustTables, voidLines } from './locust.ts';
import { knobValue, number, percent, short } from './numbers.ts';
import { isOverload } from './overload.ts';
import { signs } from './plan-checklist.ts';
import { benchTitles, commonFacts, type Fact, ownFacts, warnings } from './provenance.ts';
import { rotationHead, rotationRows } from './rotation.ts';
import { scalingHead, scalingRows } from './scaling.ts';
import { soakRows } from './soak-rows.ts';
import { measuredStages, partsAndWhole } from './stages.ts';
import { verdict } from './verdict.ts';

/** The few tables that documents quote. */
export function markdownReport(results: readonly BenchResult[]): string {
  const common = commonFacts(results);
  const parts =
    results.length === 0
      ? ['There are no results.']
      : [factList(common), ...results.map((result) => benchPart(result, ownFacts(result, common)))];
  return `${['# What was measured', ...parts].filter((part) => part !== '').join('\n\n')}\n`;
}

/** A section of one benchmark, with those of its facts that are not told elsewhere. */
export function benchPart(result: BenchResult, own: readonly Fact[]): string {
  const { bench, experiments, skipped } = result;
  const withSteps = experiments.some(({ step }) => step !== undefined);
  return [
    `## ${benchTitles[bench]}`,
    ...warnings(result).map((warning) => `> **${plain(warning)}**`),
    factList(own),
    ...(skipped.length === 0 ? [] : [`Not measured here: ${plain(skipped.join('; '))}.`]),
    ...(withSteps ? [stepsTable(experiments), checklistTable(experiments)] : []),
    stagesTable(result),
    soakLine(result),
    chaosTable(result),
    rotationTable(result),
    scalingTable(result),
    ...locustParts(result),
    ...experiments.filter(isCompared).map(experimentPart),
    kneesTable(experiments),
    expectationsTable(experiments),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function factList(facts: readonly Fact[]): string {
  return facts.map(([name, text]) => `- ${name}: ${plain(text)}`).join('\n');
}

function stepsTable(experiments: readonly Experiment[]): string {
  const steps = ladderSteps(experiments);
  const columns = columnsOf(
    shortColumns,
    steps.map(({ variant }) => variant),
  );
  return table(
    ['step', 'best variant', ...columns.map(({ title }) => title), 'of the baseline'],
    steps.map(({ step, variant, gain }) => [
      String(step),
      variant.label,
      ...columns.map(({ of, text }) => spreadText(spreadOf(variant, of), text)),
      gain === undefined ? '–' : `${short(gain)}x`,
    ]),
  );
}

function checklistTable(experiments: readonly Experiment[]): string {
  const list = checklist(experiments);
  return list === undefined
    ? ''
    : table(
        ['checklist', ...list.steps.map(({ step }) => `step ${step}`)],
        list.rows.map(({ text, cells }) => [
          text,
          ...cells.map((cell) => `${signs[cell.status]}${cell.text}`),
        ]),
      );
}

function stagesTable({ stages }: BenchResult): string {
  const measured = measuredStages(stages ?? []);
  if (measured.length === 0) return '';
  const rows = measured.map(({ stage, cpuUs, share }) => [
    stage.title,
    spreadText(cpuUs, number),
    share === undefined ? stage.kind : percent(share),
  ]);
  const { parts } = partsAndWhole(measured);
  return `${table(['what', 'CPU, µs per check', 'of the whole'], rows)}\n\nThe parts add up to ${number(parts)} µs.`;
}

function soakLine({ soak }: BenchResult): string {
  return soak === undefined
    ? ''
    : soakRows(soak)
        .map(([name, text]) => `${name} ${text}`)
        .join('; ');
}

function chaosTable({ chaos }: BenchResult): string {
  return chaos === undefined ? '' : table(chaosHead, chaosRows(chaos));
}

function rotationTable({ rotation }: BenchResult): string {
  return rotation === undefined ? '' : table(rotationHead, rotationRows(rotation));
}

function scalingTable({ scaling }: BenchResult): string {
  return scaling === undefined ? '' : table(scalingHead, scalingRows(scaling));
}

/** A table each, why runs are void, and what was typed. */
function locustParts({ locust }: BenchResult): readonly string[] {
  if (locust === undefined) return [];
  const tables = locustTables(locust).map(({ head, rows }) => table(head, rows));
  const voids = voidLines(locust).map((line) => `- Void: ${plain(line)}.`);
  const commands = locust.runs.map(({ name, command }) => `- ${name}: \`${command}\``);
  return [...tables, voids.join('\n'), commands.join('\n')];
}

/** A sweep is told by its knee, and a step's only variant by the table of steps. */
function isCompared(experiment: Experiment): boolean {
  const { sweep, step, variants } = experiment;
  if (isOverload(experiment)) return true;
  return sweep === undefined && variants.length > (step === undefined ? 0 : 1);
}

function kneesTable(experiments: readonly Experiment[]): string {
  const rows = experiments.flatMap((experiment) => {
    const found = isOverload(experiment) ? undefined : knee(experiment);
    return found === undefined || experiment.sweep === undefined
      ? []
      : [[experiment.title, experiment.sweep.knob, knobValue(found.x)]];
  });
  return table(['sweep', 'knob', 'knee'], rows);
}

function experimentPart({ title, variants }: Experiment): string {
  const columns = columnsOf(shortColumns, variants);
  const rows = variants.map((variant) => [
    variant.label,
    ...columns.map(({ of, text }) => spreadText(spreadOf(variant, of), text)),
    `${countedRuns(variant).length} of ${variant.runs.length}`,
  ]);
  const head = ['variant', ...columns.map((column) => column.title), 'runs that count'];
  return `### ${plain(title)}\n\n${table(head, rows)}`;
}

function expectationsTable(experiments: readonly Experiment[]): string {
  const rows = experiments.flatMap((experiment) =>
    experiment.expectations.map((expectation) => {
      const { outcome, text } = verdict(experiment, expectation);
      return [experiment.title, expectation.text, text, outcome];
    }),
  );
  return table(['experiment', 'expected', 'found', 'outcome'], rows);
}

function spreadText(spread: Spread | undefined, text: Column['text']): string {
  if (spread === undefined) return '–';
  const range = rangeText(spread, text);
  return range === undefined ? text(spread.median) : `${text(spread.median)} (${range})`;
}

/** Empty without rows. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) => `| ${cells.map(plain).join(' | ')} |`;
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** Text in which nothing is markup, on one line. */
function plain(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_~[\]<>|&]/g, '\\$&');
}
