import type { EChartsOption } from 'echarts';
import type { Experiment, FigureName } from '../../lib/result.ts';
import { figureOf, figures } from '../figures.ts';
import { knee, type SweepPoint, sweepPoints } from '../knee.ts';
import { knobValue } from '../numbers.ts';
import type { Chart } from './draw.ts';
import { axisLines, mark, medians, SERIES, TEXT, valueAxis } from './parts.ts';

const HEIGHT = 352;
const GRIDS = [
  { left: 54, right: 22, top: 38, height: 108 },
  { left: 54, right: 22, top: 184, height: 108 },
];
const SHOWN: readonly FigureName[] = ['rps', 'p99Ms'];

/** Throughput and p99 against the knob; undefined when fewer than two of its values have figures. */
export function sweepChart(experiment: Experiment): Chart | undefined {
  const { sweep } = experiment;
  const points = sweepPoints(experiment);
  if (sweep === undefined || points.length < 2) return undefined;
  const xs = points.map(({ x }) => x);
  const place = sweep.scale === 'log' ? logPlaces(xs) : new Map(xs.map((x) => [x, x]));
  const found = knee(experiment);
  const panels = SHOWN.map((name, grid) => panel(name, grid, points, place, found));
  return {
    title: `Throughput and p99 against ${sweep.knob}: median, lowest and highest run`,
    height: HEIGHT,
    option: {
      grid: GRIDS,
      xAxis: panels.map((_, grid) => xAxis(grid, sweep.knob, place)),
      yAxis: panels.map(({ yAxis }) => yAxis),
      series: panels.flatMap(({ series }) => series),
    } as EChartsOption,
  };
}

function panel(
  name: FigureName,
  grid: number,
  points: readonly SweepPoint[],
  place: ReadonlyMap<number, number>,
  found: SweepPoint | undefined,
) {
  const colour = SERIES[grid] as string;
  const spreads = points.flatMap(({ x, variant }) => {
    const spread = figureOf(variant, name);
    return spread === undefined ? [] : [{ at: place.get(x) ?? x, ...spread }];
  });
  const atKnee = found !== undefined && {
    markLine: mark(
      { xAxis: place.get(found.x) ?? found.x },
      grid === 0 ? `knee at ${knobValue(found.x)}` : '',
    ),
  };
  return {
    yAxis: {
      gridIndex: grid,
      ...valueAxis(
        figures[name].title,
        spreads.flatMap(({ min, max }) => [min, max]),
      ),
    },
    series: medians(grid, spreads, colour, { ...atKnee }),
  };
}

export function xAxis(grid: number, knob: string, place: ReadonlyMap<number, number>) {
  const places = [...place.values()];
  const names = new Map([...place].map(([x, at]) => [at, knobValue(x)]));
  const margin = ((places.at(-1) ?? 0) - (places[0] ?? 0)) * 0.03;
  return {
    gridIndex: grid,
    type: 'value',
    min: (places[0] ?? 0) - margin,
    max: (places.at(-1) ?? 0) + margin,
    ...axisLines,
    axisTick: { show: true, customValues: places, lineStyle: axisLines.axisLine.lineStyle },
    axisLabel: {
      ...TEXT,
      show: grid === GRIDS.length - 1,
      customValues: places,
      hideOverlap: true,
      formatter: (at: number) => names.get(at) ?? '',
    },
    ...(grid === GRIDS.length - 1 && {
      name: knob,
      nameLocation: 'middle',
      nameGap: 28,
      nameTextStyle: TEXT,
    }),
  };
}

/** Of ascending values, on a log scale; 0, which is nowhere on it, one mean step below the rest. */
export function logPlaces(xs: readonly number[]): ReadonlyMap<number, number> {
  const logs = xs.filter((x) => x > 0).map(Math.log2);
  const [lowest = 0, highest = 0] = [logs[0], logs.at(-1)];
  const step = logs.length > 1 ? (highest - lowest) / (logs.length - 1) : 1;
  return new Map(xs.map((x) => [x, x > 0 ? Math.log2(x) : lowest - step]));
}
