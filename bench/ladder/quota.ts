import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { algorithmCorpus, type Bench } from '../lib/bench.ts';
import type { VariantPlan } from '../lib/experiment.ts';
import { startSluice } from '../lib/subject.ts';
import { PLAN_LOAD, type Plans } from './plans.ts';

const ROOT = '/sys/fs/cgroup';
const PERIOD_US = 100_000;
const TOKENS = 300;
const LOAD = { ...PLAN_LOAD, rate: 300 };

/** A cgroup that lets its processes use so many cores; throws where none can be made. */
function makeQuota(cpus: number): { readonly procs: string; remove(): void } {
  const isV2 = existsSync(join(ROOT, 'cgroup.controllers'));
  const folder = join(ROOT, ...(isV2 ? [] : ['cpu']), `sluice-bench-${process.pid}-${cpus}`);
  mkdirSync(folder);
  const quota = Math.round(cpus * PERIOD_US);
  if (isV2) {
    writeFileSync(join(folder, 'cpu.max'), `${quota} ${PERIOD_US}`);
  } else {
    writeFileSync(join(folder, 'cpu.cfs_period_us'), `${PERIOD_US}`);
    writeFileSync(join(folder, 'cpu.cfs_quota_us'), `${quota}`);
  }
  return { procs: join(folder, 'cgroup.procs'), remove: () => rmdirSync(folder) };
}

/** Under CPU quotas such as Kubernetes sets; what cannot be done here is noted in `skipped`. */
export async function quotas(bench: Bench, skipped: string[]): Promise<Plans> {
  try {
    makeQuota(0.1).remove();
  } catch (error) {
    skipped.push(`CPU quotas: no cgroup can be made here (${(error as Error).message})`);
    return [];
  }
  // Few tokens: at a fifth of a core each new one takes a while.
  const corpus = await bench.corpus(algorithmCorpus('HS256', TOKENS));
  return [
    {
      id: 'quota',
      title: 'Step 3: CPU quotas',
      about:
        'At 300 checks/s under the quota of a cgroup: what is past it waits for the next 100 ms.',
      sweep: { knob: 'CPU limit', scale: 'log' },
      expectations: [
        { text: 'p99 within the plan’s 50 ms on 1 CPU', figure: 'p99Ms', of: '1', atMost: 50 },
        { text: 'and on 0.2 CPU', figure: 'p99Ms', of: '0.2', atMost: 50 },
      ],
      variants: (bench.options.quick ? [0.2, 1] : [0.2, 0.5, 1]).map(
        (cpus): VariantPlan => ({
          ...{ id: `${cpus}`, label: `${cpus} CPU`, x: cpus, settings: {}, load: LOAD },
          corpus: corpus.file,
          questions: corpus.corpus.questions.length,
          async start() {
            const group = makeQuota(cpus);
            const enter = `echo $$ > ${group.procs} && exec "$@"`;
            const settings = bench.settings(corpus);
            try {
              const server = await startSluice({ settings, within: ['sh', '-c', enter, 'sh'] });
              return {
                ...server,
                async [Symbol.asyncDispose]() {
                  await server[Symbol.asyncDispose]();
                  group.remove();
                },
              };
            } catch (error) {
              group.remove();
              throw error;
            }
          },
        }),
      ),
    },
  ];
}
