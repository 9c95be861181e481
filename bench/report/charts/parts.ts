import type { CustomSeriesOption, XAXisComponentOption, YAXisComponentOption } from 'echarts';
import { tick } from '../numbers.ts';

export const INK = 'var(--ink)';
export const MUTED = 'var(--muted)';
const RULE = 'var(--rule)';
const PAPER = 'var(--paper)';
/** Told apart by the colour-blind too; `SYMBOLS` go along with them. */
export const SERIES = [1, 2, 3, 4, 5, 6].map((series) => `var(--series-${series})`);
export const SYMBOLS = ['circle', 'rect', 'triangle', 'diamond'];

/** Of words that lie on lines. */
export const HALO = { textBorderColor: PAPER, textBorderWidth: 3 };
export const TEXT = { color: MUTED, fontSize: 12 };

/** A line for each series, above the plot. */
export const LEGEND_ROW = 18;
export const LEGEND = {
  orient: 'vertical',
  left: 8,
  top: 0,
  itemGap: LEGEND_ROW - 14,
  itemHeight: 8,
  textStyle: { color: INK, fontSize: 12 },
} as const;

/** Above this ratio of the highest to the lowest value a linear axis hides the low ones. */
const LOG_FROM = 20;

export const axisLines = {
  axisLine: { show: true, lineStyle: { color: RULE } },
  axisTick: { show: false },
  splitLine: { show: false },
} as const;

type ValueAxis = XAXisComponentOption & YAXisComponentOption & { type: 'value' | 'log' };

/** An axis of figures from 0 on, or a log one where they lie far apart. */
export function valueAxis(name: string, values: readonly number[]): ValueAxis {
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const log = lowest > 0 && highest / lowest > LOG_FROM;
  return {
    type: log ? 'log' : 'value',
    name: log ? `${name} (log)` : name,
    nameTextStyle: { ...TEXT, align: 'left', padding: [0, 0, 0, -40] },
    nameGap: 10,
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: RULE } },
    splitNumber: 4,
    axisLabel: { ...TEXT, formatter: (value: number) => tick(value) },
  };
}

export interface Whisker {
  /** On the other axis: where it stands. */
  readonly at: number;
  readonly min: number;
  readonly max: number;
  /** Written behind its far end. */
  readonly label?: string;
}

const CAP = 4;

/** Lines from the lowest to the highest run; `lying` along the x axis, else upright. */
export function whiskers(
  grid: number,
  of: readonly Whisker[],
  lying: boolean,
  colour = INK,
): CustomSeriesOption {
  return {
    type: 'custom',
    xAxisIndex: grid,
    yAxisIndex: grid,
    silent: true,
    z: 5,
    data: of.map(({ at, min, max }) => (lying ? [min, at, max] : [at, min, max])),
    encode: lying ? { x: [0, 2], y: 1 } : { x: 0, y: [1, 2] },
    renderItem: ({ dataIndex }, api) => {
      const whisker = of[dataIndex];
      if (whisker === undefined) return { type: 'group', children: [] };
      const { at, min, max, label } = whisker;
      const [x1 = 0, y1 = 0] = api.coord(lying ? [min, at] : [at, min]);
      const [x2 = 0, y2 = 0] = api.coord(lying ? [max, at] : [at, max]);
      const line = (fromX: number, fromY: number, toX: number, toY: number) => ({
        type: 'line' as const,
        shape: { x1: fromX, y1: fromY, x2: toX, y2: toY },
        style: { stroke: colour, lineWidth: 1.25, fill: 'none' },
      });
      const cap = (x: number, y: number) =>
        lying ? line(x, y - CAP, x, y + CAP) : line(x - CAP, y, x + CAP, y);
      const text = {
        type: 'text' as const,
        x: x2 + 7,
        y: y2,
        style: {
          text: label ?? '',
          fill: INK,
          fontSize: 12,
          fontFamily: 'inherit',
          verticalAlign: 'middle' as const,
        },
      };
      return {
        type: 'group',
        children: [
          ...(max > min ? [line(x1, y1, x2, y2), cap(x1, y1), cap(x2, y2)] : []),
          ...(label === undefined ? [] : [text]),
        ],
      };
    },
  };
}

export interface Median extends Whisker {
  readonly median: number;
}

/** A line through the medians, and whiskers from the lowest to the highest run. */
export function medians(grid: number, of: readonly Median[], colour: string, more: object = {}) {
  const line = {
    ...{ type: 'line', xAxisIndex: grid, yAxisIndex: grid, clip: false, silent: true },
    data: of.map(({ at, median }) => [at, median]),
    ...{ symbol: 'circle', symbolSize: 7 },
    lineStyle: { color: colour, width: 2 },
    itemStyle: { color: colour },
    ...more,
  };
  return [line, whiskers(grid, of, false, colour)];
}

/** A dashed line with words at its end, for a knee or a goal. */
export function mark(at: { xAxis: number | string } | { yAxis: number }, words: string) {
  return {
    symbol: 'none',
    silent: true,
    data: [at],
    lineStyle: { color: INK, type: [4, 3] as [number, number], width: 1 },
    label: {
      formatter: words,
      color: INK,
      fontSize: 12,
      position: 'xAxis' in at ? ('end' as const) : ('insideEndTop' as const),
      ...HALO,
    },
  };
}
