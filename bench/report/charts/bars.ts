import type { EChartsOption } from 'echarts';
import type { Experiment, FigureName } from '../../lib/result.ts';
import { figureOf, figures, type Spread } from '../figures.ts';
import { number } from '../numbers.ts';
import type { Chart } from './draw.ts';
import { axisLines, INK, SERIES, whiskers } from './parts.ts';

const TOP = 26;
const ROW = 40;
/** Fonts are wider than what lines are broken for. */
const LABEL = 116;
const PANEL = { from: LABEL + 28, to: 452, gap: 14 };
/** Of a panel's width: the rest is for the number at the end of the bar. */
const BAR_SHARE = 0.62;

export interface Bar {
  readonly label: string;
  readonly spread: Spread;
  readonly colour?: string | undefined;
}

export interface BarPanel {
  readonly title: string;
  /** In the order of the rows, undefined where nothing was measured. */
  readonly bars: readonly (Bar | undefined)[];
  readonly text: (value: number) => string;
}

/** Throughput, or at a set rate p99, and CPU per check; undefined when no run counts. */
export function experimentBars({ variants }: Experiment): Chart | undefined {
  const open = variants.every(({ load }) => load.loop !== 'closed');
  const names: readonly FigureName[] = [open ? 'p99Ms' : 'rps', 'serverCpuUs'];
  const panels = names.map((name) => ({
    title: figures[name].title,
    text: number,
    bars: variants.map((variant): Bar | undefined => {
      const spread = figureOf(variant, name);
      return spread && { label: variant.label, spread };
    }),
  }));
  return barChart(
    `${open ? 'Latency' : 'Throughput'} and CPU per check: median, lowest and highest run`,
    variants.map(({ label }) => label),
    panels,
  );
}

/** Lying bars with the reach of their runs; panels without a bar are left out. */
export function barChart(
  title: string,
  rows: readonly string[],
  panels: readonly BarPanel[],
): Chart | undefined {
  const shown = panels.filter(({ bars }) => bars.some((bar) => bar !== undefined));
  if (shown.length === 0) return undefined;
  const width = (PANEL.to - PANEL.from - PANEL.gap * (shown.length - 1)) / shown.length;
  const height = rows.length * ROW;
  return {
    title,
    height: TOP + height + 6,
    option: {
      grid: shown.map((_, grid) => ({
        left: PANEL.from + grid * (width + PANEL.gap),
        width,
        top: TOP,
        height,
      })),
      xAxis: shown.map((panel, grid) => xAxis(grid, panel)),
      yAxis: shown.map((_, grid) => yAxis(grid, rows)),
      series: shown.flatMap((panel, grid) => panelSeries(grid, panel)),
    } as EChartsOption,
  };
}

function xAxis(grid: number, { title, bars }: BarPanel) {
  return {
    gridIndex: grid,
    type: 'value',
    min: 0,
    max: (Math.max(...bars.map((bar) => bar?.spread.max ?? 0)) || 1) / BAR_SHARE,
    position: 'top',
    name: title,
    nameLocation: 'start',
    nameGap: 0,
    nameTextStyle: {
      color: INK,
      fontSize: 12,
      fontWeight: 600,
      align: 'left',
      padding: [0, 0, 20, 0],
    },
    axisLabel: { show: false },
    ...axisLines,
    axisLine: { show: false },
  };
}

function yAxis(grid: number, rows: readonly string[]) {
  return {
    gridIndex: grid,
    type: 'category',
    inverse: true,
    data: rows,
    ...axisLines,
    axisLabel: {
      show: grid === 0,
      interval: 0,
      width: LABEL,
      overflow: 'break',
      lineHeight: 14,
      color: INK,
      fontSize: 12,
    },
  };
}

function panelSeries(grid: number, { bars, text }: BarPanel) {
  const shown = bars.flatMap((bar, at) => (bar === undefined ? [] : [{ ...bar, at }]));
  return [
    {
      type: 'bar',
      xAxisIndex: grid,
      yAxisIndex: grid,
      clip: false,
      silent: true,
      barWidth: 16,
      data: shown.map(({ at, spread, colour }) => ({
        value: [spread.median, at],
        itemStyle: { color: colour ?? SERIES[grid] },
      })),
    },
    whiskers(
      grid,
      shown.map(({ at, spread }) => ({
        at,
        min: spread.min,
        max: spread.max,
        label: text(spread.median),
      })),
      true,
    ),
  ];
}
