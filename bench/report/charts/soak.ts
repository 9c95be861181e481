import type { EChartsOption } from 'echarts';
import type { Soak, SoakSample } from '../../lib/result.ts';
import type { Chart } from './draw.ts';
import { axisLines, INK, SERIES, TEXT, valueAxis } from './parts.ts';

const lines: readonly (readonly [name: string, of: (sample: SoakSample) => number])[] = [
  ['all memory', ({ rssMiB }) => rssMiB],
  ['its own', ({ anonMiB }) => anonMiB],
  ['heap in use', ({ heapMiB }) => heapMiB],
];

/** Memory over time; undefined with fewer than two samples. */
export function soakChart({ samples }: Soak): Chart | undefined {
  if (samples.length < 2) return undefined;
  return {
    title: 'Memory of the server over time',
    height: 300,
    option: {
      legend: { left: 8, top: 0, itemHeight: 8, textStyle: { color: INK, fontSize: 12 } },
      grid: { left: 54, right: 22, top: 58, height: 190 },
      xAxis: {
        type: 'value',
        min: 'dataMin',
        max: 'dataMax',
        name: 'minutes',
        nameLocation: 'middle',
        nameGap: 28,
        nameTextStyle: TEXT,
        ...axisLines,
        axisLabel: { ...TEXT, hideOverlap: true },
      },
      yAxis: valueAxis('MiB', []),
      series: lines.map(([name, of], at) => ({
        type: 'line',
        name,
        clip: false,
        silent: true,
        data: samples.map((sample) => [sample.minute, of(sample)]),
        symbol: 'none',
        lineStyle: {
          color: SERIES[at],
          width: 2,
          type: (['solid', 'dashed', 'dotted'] as const)[at],
        },
        itemStyle: { color: SERIES[at] },
      })),
    } as EChartsOption,
  };
}
