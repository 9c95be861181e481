import { planQueries } from '../../bench/lib/plan.ts';
import { locustChart } from '../../bench/report/charts/locust.ts';
import { standaloneSvg } from '../../bench/report/charts/standalone.ts';
import { benchPart } from '../../bench/report/markdown.ts';
import { ownFacts } from '../../bench/report/provenance.ts';
import { markdownTable } from './markdown-table.ts';
import { resultOf } from './measured.ts';

const result = () => resultOf('locust');

/** Markdown: what Locust and Prometheus had to say. */
export function baselineSection(): string {
  return benchPart(result(), ownFacts(result(), []));
}

/** SVG: the plan's queries over the time of the plan's run. */
export function baselineChart(): string {
  const { locust } = result();
  const chart = locust && locustChart(locust);
  if (chart === undefined) throw new Error('the first run in bench/results/locust.json is void');
  return standaloneSvg(chart);
}

/** Markdown: the plan's queries that cannot be asked as they are. */
export function replacedQueries(): string {
  const rows = Object.values(planQueries).flatMap(({ title, instead }) =>
    instead === undefined ? [] : [[title, `\`${instead.expr}\``, instead.why]],
  );
  return markdownTable(['query', 'asked in its place', 'why'], rows);
}
