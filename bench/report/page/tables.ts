import type { Chaos } from '../../chaos/result.ts';
import type { Experiment, Soak, Variant } from '../../lib/result.ts';
import type { Locust } from '../../locust/result.ts';
import type { Rotation } from '../../rotation/result.ts';
import type { Scaling } from '../../scaling/result.ts';
import { chaosHead, chaosRows } from '../chaos.ts';
import type { Checklist } from '../checklist.ts';
import { allColumns, type Column, columnsOf, rangeText } from '../columns.ts';
import { countedRuns, figureOf, noise, type Spread, spreadOf } from '../figures.ts';
import { locustTables, voidLines } from '../locust.ts';
import { measureText } from '../measures.ts';
import { number, percent } from '../numbers.ts';
import { signs } from '../plan-checklist.ts';
import { commonLoad, commonSettings, loadText, ownSettings } from '../provenance.ts';
import { rotationHead, rotationRows } from '../rotation.ts';
import { scalingHead, scalingRows } from '../scaling.ts';
import { soakRows } from '../soak-rows.ts';
import type { MeasuredStage } from '../stages.ts';
import { html, type Markup } from './markup.ts';

/** The load and the settings that all variants share. */
export function sharedNote({ variants }: Experiment): Markup {
  const load = commonLoad(variants);
  const settings = commonSettings(variants);
  return html`${load === undefined ? undefined : html`<p class="note">Load: ${load}.</p>`}${
    settings.length === 0 ? undefined : html`<p class="note">All with ${codes(settings)}</p>`
  }`;
}

/** Medians of the variants, what was void, and how far runs lie apart. */
export function variantsTable({ variants }: Experiment): Markup {
  const columns = columnsOf(allColumns, variants);
  const load = commonLoad(variants);
  const settings = commonSettings(variants);
  return html`
<div class="scroll"><table>
<thead><tr><th scope="col">variant</th>${columns.map(({ title }) => html`<th scope="col">${title}</th>`)}<th scope="col">runs</th></tr></thead>
<tbody>${variants.map((variant) => variantRow(variant, columns, settings, load === undefined))}</tbody>
</table></div>
${noiseNote(variants)}${voidNote(variants)}`;
}

function variantRow(
  variant: Variant,
  columns: readonly Column[],
  common: readonly string[],
  withLoad: boolean,
): Markup {
  const own = ownSettings(variant, common);
  const [counted, all] = [countedRuns(variant).length, variant.runs.length];
  return html`
<tr><th scope="row">${variant.label}${withLoad ? html`<small>${loadText(variant.load)}</small>` : undefined}${own.length === 0 ? undefined : html`<small>${codes(own)}</small>`}</th>${columns.map(({ of, text }) => spreadCell(spreadOf(variant, of), text))}<td>${counted === all ? all : `${counted} of ${all}`}</td></tr>`;
}

function codes(settings: readonly string[]): readonly Markup[] {
  return settings.map((setting) => html`<code>${setting}</code> `);
}

function spreadCell(spread: Spread | undefined, text: (value: number) => string): Markup {
  if (spread === undefined) return html`<td>–</td>`;
  const range = rangeText(spread, text);
  return html`<td>${text(spread.median)}${range && html`<small>${range}</small>`}</td>`;
}

function noiseNote(variants: readonly Variant[]): Markup | undefined {
  const spreads = variants.flatMap((variant) => figureOf(variant, 'rps') ?? []);
  if (spreads.every(({ runs }) => runs < 2)) return undefined;
  const most = percent(Math.max(...spreads.map(noise)));
  return html`<p class="note">Medians, with the lowest and the highest run. Runs of one variant lie up to ${most} apart in checks/s.</p>`;
}

function voidNote(variants: readonly Variant[]): Markup | undefined {
  const voids = variants.flatMap(({ label, runs }) =>
    runs.flatMap((run, at) =>
      run.void === undefined ? [] : [html`<li>${label}, run ${at + 1}: ${run.void}</li>`],
    ),
  );
  if (voids.length === 0) return undefined;
  return html`<p class="note">Void, and in no figure:</p><ul class="note">${voids}</ul>`;
}

export function checklistTable({ steps, rows }: Checklist): Markup {
  return html`
<div class="scroll"><table>
<thead><tr><th scope="col">best variant of</th>${steps.map(({ step, variant }) => html`<th scope="col">step ${step}<small>${variant.label}</small></th>`)}</tr></thead>
<tbody>${rows.map(
    ({ text, cells }) => html`
<tr><th scope="row">${text}</th>${cells.map((cell) => html`<td class="${cell.status}">${signs[cell.status]}${cell.text}</td>`)}</tr>`,
  )}</tbody>
</table></div>`;
}

export function stagesTable(stages: readonly MeasuredStage[]): Markup {
  return html`
<div class="scroll"><table>
<thead><tr><th scope="col">what</th><th scope="col">µs per check</th><th scope="col">of the whole</th><th scope="col">rounds</th></tr></thead>
<tbody>${stages.map(
    ({ stage, cpuUs, share }) => html`
<tr><th scope="row">${stage.title}<small>${stage.about}</small></th>${spreadCell(cpuUs, number)}<td>${share === undefined ? stage.kind : percent(share)}</td><td>${cpuUs.runs}</td></tr>`,
  )}</tbody>
</table></div>`;
}

export function soakTable(soak: Soak): Markup | undefined {
  const rows = soakRows(soak);
  if (rows.length === 0) return undefined;
  return html`
<div class="scroll"><table><tbody>${rows.map(
    ([name, text]) => html`
<tr><th scope="row">${name}</th><td>${text}</td></tr>`,
  )}</tbody></table></div>`;
}

export const chaosTable = (chaos: Chaos): Markup => outcomesTable(chaosHead, chaosRows(chaos));

export function rotationTable(rotation: Rotation): Markup {
  const { outcomes } = rotation;
  return html`${outcomesTable(rotationHead, rotationRows(rotation), outcomes)}
${outcomes.map(({ name, measures }) => html`<p>${name}</p><ul>${measures.map((measure) => html`<li>${measureText(measure)}</li>`)}</ul>`)}`;
}

export const scalingTable = (scaling: Scaling): Markup =>
  outcomesTable(scalingHead, scalingRows(scaling), scaling.steps);

/** One row for each thing that was done; `told`: what there is to say about it. */
function outcomesTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  told: readonly { readonly about: string }[] = [],
): Markup {
  return html`
<div class="scroll"><table>
<thead><tr>${head.map((title) => html`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>${rows.map(
    ([name = '', ...cells], at) => html`
<tr><th scope="row">${name}${told[at] && html`<small>${told[at].about}</small>`}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`,
  )}</tbody>
</table></div>`;
}

export function locustSection(locust: Locust): readonly Markup[] {
  return [
    ...voidLines(locust).map((line) => html`<p class="warning">Void: ${line}.</p>`),
    ...locustTables(locust).map(
      ({ title, head, rows }) => html`<p>${title}</p>${outcomesTable(head, rows)}`,
    ),
    html`<ul class="note">${locust.runs.map(({ command }) => html`<li><code>${command}</code></li>`)}</ul>`,
  ];
}
