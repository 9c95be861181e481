import { onPath } from '../../scripts/lib/run.ts';
import { makeCertificates } from '../../test/support/certificates.ts';
import { messageFor } from '../corpus/corpus.ts';
import type { Bench } from '../lib/bench.ts';
import { checkRequest } from '../lib/h2load.ts';
import type { Experiment } from '../lib/result.ts';
import { startSluice } from '../lib/subject.ts';
import { type H2loadVariant, runH2loadRounds, secondsForH2load } from './h2load-rounds.ts';

const START_SEC = 2;
const LOAD = { connections: 4, streams: 50 };

const about: Omit<Experiment, 'variants'> = {
  id: 'over-tls',
  title: 'Over TLS',
  about: 'Our own transport asked by h2load, with one token of the corpus.',
  expectations: [
    {
      text: 'TLS costs no more than as much again',
      ...{ figure: 'serverCpuUs', of: 'tls', over: 'plain', atMost: 2 },
    },
  ],
};

export function secondsOverTls(bench: Bench): number {
  return 2 * START_SEC + secondsForH2load(2, bench);
}

/** Sluice on its own transport, in plain text and over TLS. */
export async function runOverTls(
  bench: Bench,
  update: (experiment: Experiment) => void,
): Promise<readonly string[]> {
  if (onPath('h2load') === undefined) {
    return ['over TLS: h2load is not on the PATH; on Debian: apt install nghttp2-client'];
  }
  bench.progress.note(`\n${about.title}\n${about.about}`);
  const corpus = await bench.corpus();
  const token = corpus.corpus.questions.find(({ answer }) => answer === 'allow')?.token ?? '';
  const message = messageFor(token);
  await using certificates = await makeCertificates();
  await using started = new AsyncDisposableStack();
  const variants: H2loadVariant[] = [];
  const add = async (id: string, label: string, scheme: string, tls: Record<string, string>) => {
    const settings = { ...bench.settings(corpus), TRANSPORT: 'http2', ...tls };
    const sluice = started.use(await startSluice({ settings }));
    const origin = `${scheme}://${sluice.address}`;
    const request = await checkRequest(origin, message, `${corpus.file}.grpc`);
    const pids = () => ({ server: sluice.pids(), redis: [bench.redis.pid] });
    variants.push({ id, label, settings: {}, request: { ...request, pids } });
    bench.progress.step(START_SEC, `${label}: up`);
  };
  await add('plain', 'plain text', 'http', {});
  await add('tls', 'TLS', 'https', {
    GRPC_TLS_CERT_FILE: certificates.certFile,
    GRPC_TLS_KEY_FILE: certificates.keyFile,
  });
  await runH2loadRounds(about, LOAD, variants, bench, update);
  return [];
}
