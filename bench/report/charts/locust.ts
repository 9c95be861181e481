import type { EChartsOption } from 'echarts';
import type { PlanQueryName } from '../../lib/plan.ts';
import type { Locust, LocustRun } from '../../locust/result.ts';
import type { Chart } from './draw.ts';
import { axisLines, INK, LEGEND, LEGEND_ROW, SERIES, TEXT, valueAxis } from './parts.ts';

const COLUMNS = 2;
const PLOT = { width: 166, height: 84, left: 46, right: 236 };
const ROW = 136;

interface Panel {
  readonly title: string;
  readonly lines: readonly (readonly [name: PlanQueryName, times: number])[];
  /** Of the axis, where the figures have one by nature. */
  readonly top?: number;
}

const panels: readonly Panel[] = [
  { title: 'RPS', lines: [['rps', 1]] },
  {
    title: 'p99, ms',
    lines: [
      ['p99', 1000],
      ['redisP99', 1000],
      ['jwtP99', 1000],
    ],
  },
  { title: 'CPU, cores', lines: [['cpu', 1]] },
  { title: 'memory, MiB', lines: [['memory', 1024]] },
  { title: 'in flight, at most', lines: [['inFlight', 1]] },
  { title: 'success rate, %', lines: [['success', 1]], top: 100 },
];

const legends: Readonly<Partial<Record<PlanQueryName, string>>> = {
  p99: 'p99 of a check',
  redisP99: 'of its Redis lookup',
  jwtP99: 'of its JWT verify',
};

/** The plan's queries over the time of the first run; undefined where it does not count. */
export function locustChart({ runs }: Locust): Chart | undefined {
  const [run] = runs;
  if (run === undefined || run.void !== undefined) return undefined;
  const top = Object.keys(legends).length * LEGEND_ROW + 38;
  const place = (grid: number) => ({
    left: grid % COLUMNS === 0 ? PLOT.left : PLOT.left + PLOT.right,
    top: top + Math.floor(grid / COLUMNS) * ROW,
  });
  return {
    title: `${run.name}: the plan's queries, second by second`,
    height: top + Math.ceil(panels.length / COLUMNS) * ROW - 4,
    option: {
      legend: { ...LEGEND, data: Object.values(legends) },
      grid: panels.map((_, grid) => ({ ...place(grid), width: PLOT.width, height: PLOT.height })),
      xAxis: panels.map((_, grid) => ({
        ...{ gridIndex: grid, type: 'value', min: 0, max: Math.ceil(run.seconds) },
        ...axisLines,
        splitNumber: 3,
        axisLabel: { ...TEXT, hideOverlap: true, formatter: (at: number) => `${at} s` },
      })),
      yAxis: panels.map(({ title, top: max }, grid) => ({
        gridIndex: grid,
        ...valueAxis(title, []),
        ...(max !== undefined && { max }),
        splitNumber: 3,
        nameTextStyle: { color: INK, fontSize: 12, align: 'left', padding: [0, 0, 0, -36] },
      })),
      series: panels.flatMap(({ lines }, grid) =>
        lines.map(([name, times], at) => line(run, name, times, grid, at)),
      ),
    } as EChartsOption,
  };
}

function line(
  { history }: LocustRun,
  name: PlanQueryName,
  times: number,
  grid: number,
  at: number,
) {
  const { stepSec, answers } = history;
  return {
    type: 'line',
    name: legends[name] ?? name,
    ...{ xAxisIndex: grid, yAxisIndex: grid, clip: false, silent: true, symbol: 'none' },
    data: (answers[name] ?? []).map((value, step) => [
      step * stepSec,
      value === null ? null : value * times,
    ]),
    lineStyle: { color: SERIES[at], width: 2, type: (['solid', 'dashed', 'dotted'] as const)[at] },
    itemStyle: { color: SERIES[at] },
  };
}
