import type { EChartsOption } from 'echarts';
import { BarChart, CustomChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { html, Markup } from '../page/markup.ts';

use([
  BarChart,
  CustomChart,
  LineChart,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  SVGRenderer,
]);

/** Of all charts, in px: narrow enough to be read on a phone, where it shrinks a little. */
export const CHART_WIDTH = 460;

export interface Chart {
  /** What it shows, also for who cannot see it. */
  readonly title: string;
  /** In px. */
  readonly height: number;
  readonly option: EChartsOption;
}

/**
 * As SVG. Colours are the page's CSS variables, so that it follows light and dark. Of what ECharts
 * writes, all that is for a script or a pointer goes, and so do clips, as nothing reaches out of
 * its plot. With them go the ids, which count up from chart to chart.
 */
export function draw({ title, height, option }: Chart): Markup {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: CHART_WIDTH, height });
  chart.setOption({ animation: false, textStyle: { fontFamily: 'inherit' }, ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  const shapes = svg
    .replace(/^<svg[^>]*>/, '')
    .replace(/<(style|defs)\s*>.*?<\/\1>/gs, '')
    .replace(/ (?:class|clip-path|ecmeta_\w+|pointer-events|xml:space)="[^"]*"/g, '')
    .replace(/\n+/g, '\n');
  const size = `width="${CHART_WIDTH}" height="${height}" viewBox="0 0 ${CHART_WIDTH} ${height}"`;
  return html`<svg role="img" aria-label="${title}" ${new Markup(size)}>${new Markup(shapes)}`;
}
