import type { EChartsOption } from 'echarts';
import type { Experiment, FigureName, Variant } from '../../lib/result.ts';
import { figureOf, figures } from '../figures.ts';
import { percent, tick } from '../numbers.ts';
import type { Chart } from './draw.ts';
import { INK, LEGEND, LEGEND_ROW, medians, SERIES, SYMBOLS, TEXT, valueAxis } from './parts.ts';
import { logPlaces, xAxis } from './sweep.ts';

const PLOT = 132;
const GAP = 40;

const panels: readonly { readonly name: FigureName; readonly text: (value: number) => string }[] = [
  { name: 'goodput', text: percent },
  { name: 'p99Ms', text: tick },
];

/** Goodput and p99 against the load, a line for each series; undefined when no run counts. */
export function overloadChart(experiment: Experiment): Chart | undefined {
  const { sweep, variants } = experiment;
  const points = variants.filter(({ x }) => x !== undefined);
  const names = [...new Set(points.map(({ series, label }) => series ?? label))];
  const lines = names.map((name, at) => ({
    name,
    colour: SERIES[at % SERIES.length] as string,
    symbol: SYMBOLS[at % SYMBOLS.length] as string,
    points: points.filter(({ series, label }) => (series ?? label) === name),
  }));
  if (sweep === undefined || points.every((point) => figureOf(point, 'goodput') === undefined)) {
    return undefined;
  }
  const xs = [...new Set(points.map(({ x }) => x as number))].sort((a, b) => a - b);
  const place = logPlaces(xs);
  const top = (lines.length + 1) * LEGEND_ROW + 30;
  return {
    title: `Goodput and p99 against ${sweep.knob}: median, lowest and highest run`,
    height: top + 2 * PLOT + GAP + 48,
    option: {
      legend: LEGEND,
      grid: panels.map((_, grid) => ({
        ...{ left: 54, right: 22, height: PLOT },
        top: top + grid * (PLOT + GAP),
      })),
      xAxis: panels.map((_, grid) => xAxis(grid, sweep.knob, place)),
      yAxis: panels.map((panel, grid) => yAxis(panel, grid, points)),
      series: panels.flatMap(({ name }, grid) => [
        ...lines.flatMap((line) => drawn(line, name, grid, place)),
        asked(experiment, name, grid, place),
      ]),
    } as EChartsOption,
  };
}

interface Line {
  readonly name: string;
  readonly colour: string;
  readonly symbol: string;
  readonly points: readonly Variant[];
}

function yAxis({ name, text }: (typeof panels)[number], grid: number, points: readonly Variant[]) {
  const reach = points.flatMap((point) => {
    const spread = figureOf(point, name);
    return spread === undefined ? [] : [spread.min, spread.max];
  });
  const axis = valueAxis(figures[name].title, reach);
  return { gridIndex: grid, ...axis, axisLabel: { ...TEXT, formatter: text } };
}

function drawn(
  { name, colour, symbol, points }: Line,
  figure: FigureName,
  grid: number,
  place: ReadonlyMap<number, number>,
) {
  const spreads = points.flatMap((point) => {
    const spread = figureOf(point, figure);
    return spread === undefined ? [] : [{ at: place.get(point.x as number) as number, ...spread }];
  });
  return medians(grid, spreads, colour, { name, symbol });
}

/** What is expected at the least, or at the most, wherever it is. */
function asked(
  { expectations, variants }: Experiment,
  figure: FigureName,
  grid: number,
  place: ReadonlyMap<number, number>,
) {
  const limits = new Map<number, number>();
  for (const { figure: of, of: id, over, atLeast, atMost } of expectations) {
    const x = variants.find((variant) => variant.id === id)?.x;
    const limit = atLeast ?? atMost;
    const fits = of === figure || (of === 'served' && figure === 'goodput'); // the same at capacity
    if (!fits || over !== undefined || x === undefined || limit === undefined) continue;
    if (!limits.has(x)) limits.set(x, limit);
  }
  return {
    ...{ type: 'line', name: 'asked', xAxisIndex: grid, yAxisIndex: grid, silent: true },
    data: [...limits].map(([x, limit]) => [place.get(x) as number, limit]),
    ...{ symbol: 'none', clip: false },
    lineStyle: { color: INK, width: 1, type: [4, 3] },
    itemStyle: { color: INK },
  };
}
