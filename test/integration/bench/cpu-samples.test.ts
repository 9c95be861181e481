import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { cpuSeconds } from '../../../bench/lib/proc.ts';
import { CpuSamples } from '../../../bench/locust/cpu-samples.ts';
import { until } from '../../support/until.ts';

/** Longer than from one sample to the next. */
const A_SAMPLE_MS = 600;

it('a process that ends on the way counts with what it had by then', async () => {
  const child = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
  const busy = [child.pid as number];
  const from = Date.now();
  using cpu = new CpuSamples(() => ({ busy, ours: [process.pid] }));
  await until(() => cpuSeconds(busy) > 0.1);
  await sleep(2 * A_SAMPLE_MS);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await sleep(2 * A_SAMPLE_MS);
  const { cores, busiest } = cpu.between(from, Date.now());
  expect(cores.busy).toBeGreaterThan(0);
  expect(busiest('busy')).toBe(cores.busy);
});

it('a run without two samples tells nothing', () => {
  using cpu = new CpuSamples(() => ({ ours: [process.pid] }));
  expect(() => cpu.between(0, Date.now())).toThrow('too short a run');
});
