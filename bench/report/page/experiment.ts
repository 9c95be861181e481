import type { Experiment } from '../../lib/result.ts';
import { experimentBars } from '../charts/bars.ts';
import { latencyChart } from '../charts/latency.ts';
import { overloadChart } from '../charts/overload.ts';
import { sweepChart } from '../charts/sweep.ts';
import { countedRuns } from '../figures.ts';
import { isOverload } from '../overload.ts';
import { type Verdict, verdict } from '../verdict.ts';
import { evidence } from './evidence.ts';
import { html, type Markup } from './markup.ts';
import { sharedNote, variantsTable } from './tables.ts';

export function experimentSection(experiment: Experiment, id: string): Markup {
  const { title, about, variants } = experiment;
  const measured = variants.some((variant) => countedRuns(variant).length > 0);
  const words = [
    html`<p>${about}</p>`,
    expectations(experiment),
    sharedNote(experiment),
    measured ? undefined : html`<p class="warning">No run counts.</p>`,
  ];
  const charts = isOverload(experiment)
    ? [overloadChart(experiment)]
    : [sweepChart(experiment) ?? experimentBars(experiment), latencyChart(experiment)];
  return html`
<section class="experiment" id="${id}">
<h3>${title}</h3>
${evidence(words, charts)}
${variantsTable(experiment)}
</section>`;
}

const outcomes: Readonly<Record<Verdict['outcome'], Markup>> = {
  held: html`<span class="tag held">✓ held</span>`,
  failed: html`<span class="tag failed">✗ failed</span>`,
  'not measured': html`<span class="tag unmeasured">not measured</span>`,
};

function expectations(experiment: Experiment): Markup | undefined {
  if (experiment.expectations.length === 0) return undefined;
  const entries = experiment.expectations.map((expectation) => {
    const { outcome, text } = verdict(experiment, expectation);
    return html`
<li>${outcomes[outcome]} ${expectation.text} <span class="found">(${text})</span></li>`;
  });
  return html`<ul class="expectations">${entries}</ul>`;
}
