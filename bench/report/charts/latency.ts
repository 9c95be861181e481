import type { EChartsOption } from 'echarts';
import type { Latency } from '../../lib/latency.ts';
import type { Experiment } from '../../lib/result.ts';
import { spreadOf } from '../figures.ts';
import { number } from '../numbers.ts';
import type { Chart } from './draw.ts';
import { axisLines, LEGEND, LEGEND_ROW, SERIES, SYMBOLS, TEXT, valueAxis } from './parts.ts';

const PLOT = 190;

const percentiles: readonly (readonly [name: string, of: keyof Latency])[] = [
  ['p50', 'p50'],
  ['p90', 'p90'],
  ['p99', 'p99'],
  ['p99.9', 'p999'],
  ['max', 'max'],
];

/** Latency of the variants at a set rate; undefined when none of them has figures. */
export function latencyChart({ variants }: Experiment): Chart | undefined {
  const lines = variants
    .filter(({ load }) => load.loop !== 'closed')
    .flatMap((variant) => {
      const medians = percentiles.flatMap(([, of]) => {
        const spread = spreadOf(variant, (run) => run.latencyMs[of]);
        return spread === undefined ? [] : [spread.median];
      });
      const name = `${variant.label}, ${number(variant.load.rate ?? 0)}/s`;
      return medians.length === 0 ? [] : [{ name, medians }];
    });
  if (lines.length === 0) return undefined;
  const top = lines.length * LEGEND_ROW + 36;
  return {
    title: 'Latency percentiles at a set rate, medians',
    height: top + PLOT + 28,
    option: {
      legend: LEGEND,
      grid: { left: 54, right: 22, top, height: PLOT },
      xAxis: {
        type: 'category',
        data: percentiles.map(([name]) => name),
        ...axisLines,
        axisLabel: TEXT,
      },
      yAxis: valueAxis(
        'ms',
        lines.flatMap(({ medians }) => medians),
      ),
      series: lines.map(({ name, medians }, at) => {
        const color = SERIES[at % SERIES.length];
        return {
          type: 'line',
          name,
          clip: false,
          silent: true,
          data: medians,
          symbol: SYMBOLS[at % SYMBOLS.length],
          symbolSize: 7,
          lineStyle: { color, width: 2, type: at < SERIES.length ? 'solid' : 'dashed' },
          itemStyle: { color },
        };
      }),
    } as EChartsOption,
  };
}
