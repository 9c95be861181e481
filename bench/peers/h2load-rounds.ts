import type { Bench } from '../lib/bench.ts';
import { type H2loadOptions, runH2load } from '../lib/h2load.ts';
import type { Experiment, Run, Variant } from '../lib/result.ts';
import { secondsOf } from '../lib/timing.ts';

export interface H2loadVariant extends Pick<Variant, 'id' | 'label' | 'settings'> {
  readonly request: Omit<H2loadOptions, 'connections' | 'streams' | 'warmupMs' | 'durationMs'>;
}

/** For `variants` that are up, how long that takes. */
export function secondsForH2load(variants: number, { timing }: Bench): number {
  return variants * (timing.coldMs / 1000 + timing.rounds * secondsOf(timing));
}

/** Variants that are up, measured in turn with h2load. `update` is given what there is by then. */
export async function runH2loadRounds(
  about: Omit<Experiment, 'variants'>,
  load: Pick<H2loadOptions, 'connections' | 'streams'>,
  variants: readonly H2loadVariant[],
  bench: Bench,
  update: (experiment: Experiment) => void,
): Promise<void> {
  const { rounds, warmupMs, durationMs, coldMs } = bench.timing;
  const { signal } = bench.options;
  const measured = variants.map(({ id, label, settings }) => {
    return { id, label, settings, load: { loop: 'closed' as const, ...load }, runs: [] as Run[] };
  });
  for (const { label, request } of variants) {
    await runH2load({ ...request, ...load, warmupMs: 0, durationMs: coldMs }, signal);
    bench.progress.step(coldMs / 1000, `${label}: warm`);
  }
  for (let round = 0; round < rounds; round++) {
    for (const [i, { label, request }] of variants.entries()) {
      const run = await runH2load({ ...request, ...load, warmupMs, durationMs }, signal);
      measured[i]?.runs.push(run);
      update({ ...about, variants: measured.map((one) => ({ ...one, runs: [...one.runs] })) });
      const roles = Object.entries(run.processes).filter(([role]) => role !== 'redis');
      const figures = roles.map(
        ([role, { cpuUsPerCheck }]) => `${role} ${cpuUsPerCheck.toFixed(1)}`,
      );
      const line = `${label}: ${Math.round(run.rps)} requests/s, us of CPU: ${figures.join(', ')}`;
      bench.progress.step(secondsOf(bench.timing), line);
    }
  }
}
