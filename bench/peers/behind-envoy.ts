import { onPath } from '../../scripts/lib/run.ts';
import type { Bench } from '../lib/bench.ts';
import type { Experiment } from '../lib/result.ts';
import { type Subject, startSluice } from '../lib/subject.ts';
import { extAuthz, type Filter, jwtAuthn, startBenchEnvoy } from './envoy.ts';
import { type H2loadVariant, runH2loadRounds, secondsForH2load } from './h2load-rounds.ts';
import { emptyGo, transports } from './servers.ts';

const START_SEC = 2;
const VARIANTS = 5;
const LOAD = { connections: 8, streams: 10 };

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
  return VARIANTS * START_SEC + secondsForH2load(VARIANTS, bench);
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
  const token = corpus.corpus.questions.find(({ answer }) => answer === 'allow')?.token;
  await using started = new AsyncDisposableStack();
  const variants: H2loadVariant[] = [];
  const add = async (id: string, label: string, filters: readonly Filter[], service?: Subject) => {
    const port = Number(service?.address.split(':').at(-1) ?? 1);
    const envoy = started.use(await startBenchEnvoy(filters, port));
    const pids = () => ({
      envoy: [envoy.pid],
      redis: [bench.redis.pid],
      ...(service !== undefined && { server: service.pids() }),
    });
    const headers = [`authorization: Bearer ${token}`];
    variants.push({
      id,
      label,
      settings: {},
      request: { url: envoy.url(), status: 200, headers, pids },
    });
    bench.progress.step(START_SEC, `${label}: up`);
  };
  await add('no-filter', 'no filter', []);
  await add('jwt-authn', 'jwt_authn', [jwtAuthn]);
  const go = started.use(await emptyGo(0).start());
  await add('ext-authz-empty-go', 'ext_authz, empty Go server', [extAuthz], go);
  for (const TRANSPORT of transports) {
    const settings = { ...bench.settings(corpus), TRANSPORT };
    const sluice = started.use(await startSluice({ settings }));
    await add(`ext-authz-${TRANSPORT}`, `ext_authz, Sluice, ${TRANSPORT}`, [extAuthz], sluice);
  }
  await runH2loadRounds(about, LOAD, variants, bench, update);
  return [];
}
