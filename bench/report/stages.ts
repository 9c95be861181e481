import type { Stage } from '../lib/result.ts';
import { type Spread, spread } from './figures.ts';

export interface MeasuredStage {
  readonly stage: Stage;
  /** µs of CPU per check. */
  readonly cpuUs: Spread;
  /** Of the whole's median; undefined without a whole, and of ways beside it. */
  readonly share: number | undefined;
}

const order: Readonly<Record<Stage['kind'], number>> = { whole: 0, part: 1, beside: 2 };

/** The whole, its parts and the ways beside it, in this order and each with the dearest first. */
export function measuredStages(stages: readonly Stage[]): readonly MeasuredStage[] {
  const measured = stages.flatMap((stage) => {
    const cpuUs = spread(stage.rounds);
    return cpuUs === undefined ? [] : [{ stage, cpuUs }];
  });
  const whole = measured.find(({ stage }) => stage.kind === 'whole')?.cpuUs.median;
  return measured
    .sort((a, b) => order[a.stage.kind] - order[b.stage.kind] || b.cpuUs.median - a.cpuUs.median)
    .map(({ stage, cpuUs }) => ({
      stage,
      cpuUs,
      share: whole && stage.kind === 'part' ? cpuUs.median / whole : undefined,
    }));
}

/** µs of CPU per check of all parts, and of the whole that they are parts of. */
export function partsAndWhole(stages: readonly MeasuredStage[]): {
  readonly parts: number;
  readonly whole: number | undefined;
} {
  const parts = stages.filter(({ stage }) => stage.kind === 'part');
  return {
    parts: parts.reduce((sum, { cpuUs }) => sum + cpuUs.median, 0),
    whole: stages.find(({ stage }) => stage.kind === 'whole')?.cpuUs.median,
  };
}
