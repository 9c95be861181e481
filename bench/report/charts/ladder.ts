import type { EChartsOption } from 'echarts';
import { targets } from '../../lib/plan.ts';
import type { Experiment } from '../../lib/result.ts';
import { figureOf, figures } from '../figures.ts';
import { baseline, ladderSteps } from '../ladder.ts';
import { number, percent } from '../numbers.ts';
import type { Chart } from './draw.ts';
import { axisLines, HALO, INK, mark, SERIES, TEXT, valueAxis, whiskers } from './parts.ts';

/** Throughput of the best variant of each step as a stair; undefined without steps to compare. */
export function ladderChart(experiments: readonly Experiment[]): Chart | undefined {
  const steps = ladderSteps(experiments).filter(({ gain }) => gain !== undefined);
  const first = baseline(experiments);
  const base = first && figureOf(first, 'rps')?.median;
  if (steps.length === 0 || base === undefined) return undefined;
  const goal = base * targets.gain;
  const reaches = steps.map(({ rps }, at) => ({ at, min: rps.min, max: rps.max }));
  return {
    title: 'Throughput of the best variant of each step',
    height: 260,
    option: {
      grid: { left: 54, right: 22, top: 40, height: 180 },
      xAxis: {
        type: 'category',
        data: steps.map(({ step }) => `step ${step}`),
        ...axisLines,
        axisLabel: { ...TEXT, interval: 0 },
      },
      yAxis: {
        ...valueAxis(figures.rps.title, []),
        ...evenly(Math.max(goal, ...reaches.map(({ max }) => max)) * 1.1),
      },
      series: [
        {
          type: 'line',
          step: 'middle',
          clip: false,
          silent: true,
          // Beside the first: what is below it are the names of the steps, and above it the goal.
          data: steps.map(({ rps }, at) => ({
            value: rps.median,
            label:
              at === 0
                ? { position: 'left', distance: 6 }
                : { position: rps.median < goal ? 'bottom' : 'top' },
          })),
          symbol: 'circle',
          symbolSize: 7,
          lineStyle: { color: SERIES[0], width: 2 },
          itemStyle: { color: SERIES[0] },
          label: {
            show: true,
            distance: 12,
            color: INK,
            fontSize: 12,
            ...HALO,
            formatter: ({ dataIndex }: { dataIndex: number }) =>
              number(steps[dataIndex]?.rps.median ?? 0),
          },
          markLine: mark({ yAxis: goal }, `+${percent(targets.gain - 1)}: ${number(goal)}`),
        },
        whiskers(0, reaches, false, SERIES[0]),
      ],
    } as EChartsOption,
  };
}

/** Of an axis that reaches at least up to `top`, in at most five steps of 1, 2, 2.5 or 5 times a power of ten. */
function evenly(top: number): { readonly interval: number; readonly max: number } {
  const unit = 10 ** Math.floor(Math.log10(top / 5));
  const interval = [1, 2, 2.5, 5].map((times) => times * unit).find((step) => step >= top / 5);
  const step = interval ?? unit * 10;
  return { interval: step, max: Math.ceil(top / step) * step };
}
