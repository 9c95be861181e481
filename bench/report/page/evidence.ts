import { type Chart, draw } from '../charts/draw.ts';
import { html, type Markup } from './markup.ts';

/** Words with charts beside them, or above them where there is no room. */
export function evidence(
  words: readonly (Markup | undefined)[],
  charts: readonly (Chart | undefined)[],
): Markup {
  return html`<div class="evidence"><div class="words">${words}</div>${charts.map(figure)}</div>`;
}

function figure(chart: Chart | undefined): Markup | undefined {
  return (
    chart &&
    html`
<figure><figcaption>${chart.title}</figcaption>${draw(chart)}</figure>`
  );
}
