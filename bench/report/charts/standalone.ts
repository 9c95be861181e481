import { html } from '../page/markup.ts';
import { palette } from '../page/style.ts';
import { CHART_WIDTH, type Chart, draw } from './draw.ts';

const MARGIN = 14;
/** Charts are as wide as a phone; a picture in a document has more room. */
const SCALE = 1.5;

/** A chart as a file of its own, light or dark as the screen is, on a ground of its own. */
export function standaloneSvg(chart: Chart): string {
  const [width, height] = [CHART_WIDTH + 2 * MARGIN, chart.height + 2 * MARGIN];
  const size = `width="${width * SCALE}" height="${height * SCALE}"`;
  const box = `viewBox="${-MARGIN} ${-MARGIN} ${width} ${height}"`;
  const ground = `x="${-MARGIN}" y="${-MARGIN}" width="${width}" height="${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${box} font-family="system-ui, sans-serif">
${html`<title>${chart.title}</title>`.text}
<style>${palette}</style>
<rect ${ground} rx="6" fill="var(--paper)"/>
${draw(chart).text.replaceAll('<text', '\n<text')}
</svg>
`;
}
