import { onPath } from '../../scripts/lib/run.ts';
import type { Envoy } from '../../test/support/envoy.ts';
import type { Bench } from '../lib/bench.ts';
import { runH2load } from '../lib/h2load.ts';
import type { Experiment, Run } from '../lib/result.ts';
import { type Subject, startSluice } from '../lib/subject.ts';
import { secondsOf } from '../lib/timing.ts';
import { extAuthz, type Filter, jwtAuthn, startBenchEnvoy } from './envoy.ts';
import { emptyGo, transports } from './servers.ts';

const START_SEC = 2;
const LOAD = { loop: 'closed' as const, connections: 8, streams: 10 };

const about: Omit<Experiment, 'variants'> = {
  id: 'behind-envoy',
  title: 'Behind a real Envoy',
  about:
    'Requests over HTTP/2 to an Envoy that answers them itself, with one token of the corpus. Envoy ' +
    'and the service share one core.',
  expectations: [
    {
      text: 'our own transport serves half as much again as grpc-js',
      ...{ figure: 'rps', of: 'ext-authz-http2', over: 'ext-authz-grpc-js', atLeast: 1.5 },
    },
    {
      text: 'and more than the empty Go server',
      ...{ figure: 'rps', of: 'ext-authz-http2', over: 'ext-authz-empty-go', atLeast: 1 },
    },
  ],
};

export function secondsBehindEnvoy(bench: Bench): number {
  return 5 * (START_SEC + bench.timing.rounds * secondsOf(bench.timing));
}

interface Behind {
  readonly id: string;
  readonly label: string;
  readonly envoy: Envoy;
  readonly service: Subject | undefined;
  readonly runs: Run[];
}

/** No filter, Envoy's own, and ext_authz to an empty Go server and to Sluice on each transport. */
export async function runBehindEnvoy(
  bench: Bench,
  update: (experiment: Experiment) => void,
): Promise<readonly string[]> {
  if (onPath('h2load') === undefined) {
    return ['behind Envoy: h2load is not on the PATH; on Debian: apt install nghttp2-client'];
  }
  bench.progress.note(`\n${about.title}\n${about.about}`);
  const corpus = await bench.corpus();
  const { rounds, warmupMs, durationMs } = bench.timing;
  await using started = new AsyncDisposableStack();
  const go = started.use(await emptyGo(0).start());
  const variants: Behind[] = [];
  const add = async (id: string, label: string, filters: readonly Filter[], service?: Subject) => {
    const port = Number(service?.address.split(':').at(-1) ?? 1);
    const envoy = started.use(await startBenchEnvoy(filters, port));
    variants.push({ id, label, envoy, service, runs: [] });
    bench.progress.step(START_SEC, `${label}: up`);
  };
  await add('no-filter', 'no filter', []);
  await add('jwt-authn', 'jwt_authn', [jwtAuthn]);
  await add('ext-authz-empty-go', 'ext_authz, empty Go server', [extAuthz], go);
  for (const TRANSPORT of transports) {
    const settings = { ...bench.settings(corpus), TRANSPORT };
    const sluice = started.use(await startSluice({ settings }));
    await add(`ext-authz-${TRANSPORT}`, `ext_authz, Sluice, ${TRANSPORT}`, [extAuthz], sluice);
  }
  const token = corpus.corpus.questions.find(({ answer }) => answer === 'allow')?.token;
  for (let round = 0; round < rounds; round++) {
    for (const { label, envoy, service, runs } of variants) {
      const pids = () => ({
        envoy: [envoy.pid],
        redis: [bench.redis.pid],
        ...(service !== undefined && { server: service.pids() }),
      });
      const run = await runH2load(
        {
          ...{ url: envoy.url(), ...LOAD, warmupMs, durationMs, status: 200, pids },
          headers: [`authorization: Bearer ${token}`],
        },
        bench.options.signal,
      );
      runs.push(run);
      const listed = variants.map(({ id, label: name, runs: all }) => {
        return { id, label: name, settings: {}, load: LOAD, runs: [...all] };
      });
      update({ ...about, variants: listed });
      const cpu = (role: string) => (run.processes[role]?.cpuUsPerCheck ?? 0).toFixed(1);
      const figures = `Envoy ${cpu('envoy')} us, service ${cpu('server')} us of CPU each`;
      const line = `${label}: ${Math.round(run.rps)} requests/s, ${figures}`;
      bench.progress.step(secondsOf(bench.timing), line);
    }
  }
  return [];
}
