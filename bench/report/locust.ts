import { type PlanQueryName, planQueries, planQueryNames } from '../lib/plan.ts';
import type { Locust, LocustRun } from '../locust/result.ts';
import { errorsText } from './chaos.ts';
import { number, percent, short, whole } from './numbers.ts';
import { locustChecklist, ms, signs } from './plan-checklist.ts';

const units: Readonly<Record<PlanQueryName, (value: number) => string>> = {
  p99: (sec) => ms(sec * 1000),
  jwtP99: (sec) => ms(sec * 1000),
  redisP99: (sec) => ms(sec * 1000),
  success: (found) => `${short(found)} %`,
  cpu: (cores) => `${short(cores)} cores`,
  memory: (gib) => `${short(gib)} GiB`,
  rps: (rps) => `${number(rps)}/s`,
  inFlight: whole,
};

type Row = readonly string[];

export interface LocustTable {
  readonly title: string;
  readonly head: Row;
  readonly rows: readonly Row[];
}

/** Nothing of a void run but why it is void, and what took the machine. */
export function locustTables({ runs }: Locust): readonly LocustTable[] {
  if (runs.length === 0) return [];
  const head = (first: string) => [first, ...runs.map(({ name }) => name)];
  const row = (text: string, of: (run: LocustRun) => string) => [text, ...runs.map(of)];
  const figure = (text: string, of: (run: LocustRun) => string) =>
    row(text, (run) => (run.void === undefined ? of(run) : 'void'));
  return [
    {
      title: 'The checklist',
      head: head('checklist'),
      rows: locustChecklist(runs).map(({ text, cells }) => [
        text,
        ...cells.map((cell) => `${signs[cell.status]}${cell.text}`),
      ]),
    },
    {
      title: 'The eight queries',
      head: head('query'),
      rows: planQueryNames.map((name) =>
        figure(planQueries[name].title, ({ answers }) => {
          const found = answers[name];
          return found === undefined ? '–' : units[name](found);
        }),
      ),
    },
    {
      title: 'Locust, and who had the CPU',
      head: head('Locust'),
      rows: [
        figure('requests', ({ requests }) => whole(requests)),
        figure('failed', (run) => `${whole(run.failures)}${errorsText(run)}`),
        figure('requests/s', ({ requests, seconds }) => number(requests / seconds)),
        figure('p50 at Locust', ({ latencyMs }) => ms(latencyMs.p50)),
        figure('p99 at Locust', ({ latencyMs }) => ms(latencyMs.p99)),
        figure('p99 at Envoy, all users there', ({ envoyP99Ms }) =>
          envoyP99Ms === undefined ? '–' : ms(envoyP99Ms),
        ),
        row('cores: Locust', coresOf('locust')),
        row('Envoy', coresOf('envoy')),
        row('Sluice', coresOf('sluice')),
        row('Redis', coresOf('redis')),
        row('the upstream', coresOf('upstream')),
        row('something else', coresOf('other')),
        row('busy, of all cores', ({ machineBusy }) => percent(machineBusy)),
      ],
    },
  ];
}

const coresOf =
  (role: string) =>
  ({ cores }: LocustRun) =>
    short(cores[role] ?? 0);

/** "10,000 users, header: the generator was the limit: …" */
export function voidLines({ runs }: Locust): readonly string[] {
  return runs.flatMap(({ name, void: why }) => (why === undefined ? [] : [`${name}: ${why}`]));
}

/** One line for whoever waits. */
export function describe(run: LocustRun): string {
  if (run.void !== undefined) return `${run.name}: void, ${run.void}`;
  const { name, requests, failures, answers } = run;
  const told = (['rps', 'p99', 'cpu'] as const).flatMap((query) => {
    const found = answers[query];
    return found === undefined ? [] : [`${planQueries[query].title} ${units[query](found)}`];
  });
  return `${name}: ${whole(requests)} requests, ${whole(failures)} failed, ${told.join(', ')}`;
}
