import { errorsText, growthText, ms, percent, verdictText } from '../report/chaos.ts';
import type { ChaosOutcome } from './result.ts';

/** One line that says how a fault went. */
export function describe(outcome: ChaosOutcome): string {
  const { group, name, redis, goodput, detectionMs, recoveryMs, p99Ms, memoryMiB } = outcome;
  const facts = [
    ...(redis === 'gone' ? [`refused fast after ${ms(detectionMs)}`] : []),
    `right again after ${ms(recoveryMs)}`,
    `p99 ${ms(p99Ms)}`,
    `${percent(goodput.during)} right${errorsText(outcome)}`,
    `${Math.round(memoryMiB.since)} MiB (${growthText(outcome)})`,
    outcome.states.join(', '),
  ];
  return `${group}: ${name}: ${facts.join('; ')}: ${verdictText(outcome)}`;
}
