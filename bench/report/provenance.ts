import type { BenchName, BenchResult, Load, Variant } from '../lib/result.ts';
import { number, short } from './numbers.ts';

export const benchTitles: Readonly<Record<BenchName, string>> = {
  ladder: 'Tuning ladder',
  stages: 'What the parts of a check cost',
  peers: 'Beside its peers',
  soak: 'Soak',
  attacks: 'Attacks',
  overload: 'Overload',
  chaos: 'Chaos',
  rotation: 'Rotation of keys',
  scaling: 'Scaling',
  locust: 'Baseline by Locust',
  crosscheck: 'Cross-check',
};

/** What a reader has to know before believing a figure of it. */
export function warnings({ quick, complete, commit }: BenchResult): readonly string[] {
  return [
    ...(quick ? ['Quick: few and short rounds, good for a look and not for a claim.'] : []),
    ...(complete ? [] : ['Partial: interrupted, this is what had been measured by then.']),
    ...(commit.endsWith('+') ? ['The work tree held changes that no commit has.'] : []),
  ];
}

export type Fact = readonly [name: string, text: string];

/** What was measured, when and on what. */
function facts(result: BenchResult): readonly Fact[] {
  const { machine, versions, commit, corpus, startedAt, endedAt } = result;
  const minutes = (Date.parse(endedAt) - Date.parse(startedAt)) / 60_000;
  return [
    ['Asked', corpus],
    [
      'Machine',
      `${machine.cpu}, ${machine.cores} cores, ${short(machine.memoryGiB)} GiB, ${machine.kernel}`,
    ],
    ['Versions', versionsText(versions)],
    ['Commit', commit],
    ['Measured', `${minuteText(startedAt)}, for ${minutes.toFixed(1)} min`],
  ];
}

/** Those that are the same of all results: told once. */
export function commonFacts([first, ...others]: readonly BenchResult[]): readonly Fact[] {
  const common = new Map(first && facts(first));
  for (const [name, text] of others.flatMap(facts)) {
    if (common.get(name) !== text) common.delete(name);
  }
  return [...common];
}

export function ownFacts(result: BenchResult, common: readonly Fact[]): readonly Fact[] {
  const told = new Set(common.map(([name]) => name));
  return facts(result).filter(([name]) => !told.has(name));
}

function versionsText(versions: BenchResult['versions']): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}

function minuteText(instant: string): string {
  return `${new Date(instant).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

export function loadText({ loop, rate, connections, streams, paceMs }: Load): string {
  const kind = loop === 'closed' ? 'closed loop' : `${loop} ${number(rate ?? 0)}/s`;
  const pace = paceMs === undefined ? '' : `, written every ${paceMs} ms`;
  return `${kind}, ${counted(connections, 'connection')} of ${counted(streams, 'stream')}${pace}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The load of all variants, when it is the same. */
export function commonLoad(variants: readonly Variant[]): string | undefined {
  const [first, ...others] = new Set(variants.map(({ load }) => loadText(load)));
  return others.length === 0 ? first : undefined;
}

/** Settings that all of several variants have. */
export function commonSettings(variants: readonly Variant[]): readonly string[] {
  const [first, ...others] = variants.map(assignments);
  if (first === undefined || others.length === 0) return [];
  return first.filter((setting) => others.every((settings) => settings.includes(setting)));
}

/** Those that not all have, and that its label does not tell already. */
export function ownSettings(variant: Variant, common: readonly string[]): readonly string[] {
  return assignments(variant).filter(
    (setting) => setting !== variant.label && !common.includes(setting),
  );
}

function assignments({ settings }: Variant): readonly string[] {
  return Object.entries(settings).map(([name, value]) => `${name}=${value}`);
}
