import type { BenchResult } from '../../lib/result.ts';
import { ladderChart } from '../charts/ladder.ts';
import { locustChart } from '../charts/locust.ts';
import { soakChart } from '../charts/soak.ts';
import { stagesCharts } from '../charts/stages.ts';
import { checklist } from '../checklist.ts';
import { number } from '../numbers.ts';
import { benchTitles, type Fact, warnings } from '../provenance.ts';
import { measuredStages, partsAndWhole } from '../stages.ts';
import { evidence } from './evidence.ts';
import { experimentSection } from './experiment.ts';
import { html, type Markup } from './markup.ts';
import {
  chaosTable,
  checklistTable,
  locustSection,
  rotationTable,
  scalingTable,
  soakTable,
  stagesTable,
} from './tables.ts';

/** `facts`: those that differ from bench to bench. `ids`: one of the bench, one per experiment. */
export function benchSection(
  result: BenchResult,
  facts: readonly Fact[],
  [id = '', ...experimentIds]: readonly string[],
): Markup {
  const { experiments, soak, chaos, rotation, scaling, locust } = result;
  const stages = measuredStages(result.stages ?? []);
  const list = checklist(experiments);
  const words = [
    factList(facts),
    skipped(result),
    ...(stages.length === 0 ? [] : [partsSum(stages), stagesTable(stages)]),
    soak && soakTable(soak),
  ];
  const charts = [
    ladderChart(experiments),
    ...stagesCharts(stages),
    soak && soakChart(soak),
    locust && locustChart(locust),
  ];
  return html`
<section id="${id}">
<h2>${benchTitles[result.bench]} ${marks(result)}</h2>
${warnings(result).map((warning) => html`<p class="warning">${warning}</p>`)}
${evidence(words, charts)}
${chaos && chaosTable(chaos)}${rotation && rotationTable(rotation)}${scaling && scalingTable(scaling)}${locust && locustSection(locust)}
${list && checklistTable(list)}
${experiments.map((experiment, at) => experimentSection(experiment, experimentIds[at] ?? ''))}
</section>`;
}

export function marks({ quick, complete }: BenchResult): readonly Markup[] {
  return [...(quick ? ['quick'] : []), ...(complete ? [] : ['partial'])].map(
    (mark) => html`<span class="tag warned">${mark}</span> `,
  );
}

export function factList(facts: readonly Fact[]): Markup | undefined {
  if (facts.length === 0) return undefined;
  return html`<dl>${facts.map(([name, text]) => html`<dt>${name}</dt><dd>${text}</dd>`)}</dl>`;
}

function skipped({ skipped: reasons }: BenchResult): Markup | undefined {
  if (reasons.length === 0) return undefined;
  return html`<p>Not measured here:</p><ul>${reasons.map((text) => html`<li>${text}</li>`)}</ul>`;
}

function partsSum(stages: ReturnType<typeof measuredStages>): Markup {
  const { parts, whole } = partsAndWhole(stages);
  const sum = whole === undefined ? '' : `, the whole of a check takes ${number(whole)} µs`;
  return html`<p>The parts add up to ${number(parts)} µs of CPU${sum}.</p>`;
}
