import { number } from '../numbers.ts';
import type { MeasuredStage } from '../stages.ts';
import { barChart } from './bars.ts';
import type { Chart } from './draw.ts';
import { MUTED, SERIES } from './parts.ts';

/** Apart from each other: a way beside may cost so much that no part would be seen next to it. */
export function stagesCharts(stages: readonly MeasuredStage[]): readonly (Chart | undefined)[] {
  const isBeside = ({ stage }: MeasuredStage) => stage.kind === 'beside';
  return [
    bars(
      'The whole of a check and its parts',
      stages.filter((stage) => !isBeside(stage)),
    ),
    bars('Other ways a check may take', stages.filter(isBeside)),
  ];
}

function bars(title: string, stages: readonly MeasuredStage[]): Chart | undefined {
  const rows = stages.map(({ stage, cpuUs }) => ({
    label: stage.title,
    spread: cpuUs,
    colour: stage.kind === 'whole' ? MUTED : SERIES[stage.kind === 'part' ? 0 : 1],
  }));
  const labels = rows.map(({ label }) => label);
  return barChart(title, labels, [{ title: 'CPU, µs per check', bars: rows, text: number }]);
}
