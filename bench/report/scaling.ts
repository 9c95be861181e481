import type { Scaling, ScalingStep } from '../scaling/result.ts';
import { errorsText } from './chaos.ts';
import { failedChecks } from './figures.ts';
import { type Measure, verdictOf } from './measures.ts';
import { percent, short, whole } from './numbers.ts';

export const scalingHead: readonly string[] = [
  ...['step', 'instances', 'requests', 'failed', 'share of each'],
  ...['Redis connections', 'connections renewed', 'p99 ms', 'outcome'],
];

/** One row a step, under `scalingHead`. */
export function scalingRows({ steps }: Scaling): readonly (readonly string[])[] {
  return steps.map((step) => [
    step.name,
    whole(step.instances),
    whole(step.requests),
    failedText(step),
    shareText(step),
    connectionsText(step),
    whole(step.renewed),
    short(step.p99Ms),
    outcomeText(step),
  ]);
}

/** The busiest instance may have so many times what the idlest has. */
const MOST_OVER_LEAST = 1.15;

export function measuresOf(step: ScalingStep): readonly Measure[] {
  const { share, redisConnections } = step;
  const { most, bound } = redisConnections;
  return [
    { text: 'failed requests', found: failedChecks(step), atMost: 0 },
    {
      ...{ text: 'the most over the least share', unit: 'x', atMost: MOST_OVER_LEAST },
      ...(share.min > 0 && { found: share.max / share.min }),
    },
    { text: 'Redis connections', found: most, atMost: bound },
  ];
}

/** A line that says how a step went. */
export function describeStep(step: ScalingStep): string {
  const facts = [
    `${step.instances} at its end`,
    `${whole(step.requests)} requests`,
    `${failedText(step)} failed`,
    `${shareText(step)} each`,
    `Redis connections ${connectionsText(step)}`,
    `${step.renewed} connections renewed`,
    `p99 ${short(step.p99Ms)} ms`,
  ];
  return `${step.name}: ${facts.join(', ')}: ${outcomeText(step)}`;
}

const outcomeText = (step: ScalingStep) => verdictOf({ ...step, measures: measuresOf(step) });

const failedText = (step: ScalingStep) =>
  `${whole(failedChecks(step))}${errorsText({ errors: step.failed })}`;

function shareText({ share: { min, max } }: ScalingStep): string {
  const [least, most] = [percent(min), percent(max)];
  return least === most ? least : `${least} to ${most}`;
}

const connectionsText = ({ redisConnections: { most, bound } }: ScalingStep) =>
  `${most} of ${bound}`;
