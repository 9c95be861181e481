import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { algorithms, describeCorpus, messageFor } from '../corpus/corpus.ts';
import { SATURATED } from '../ladder/plans.ts';
import { algorithmCorpus, type Bench } from '../lib/bench.ts';
import { runForJson } from '../lib/child.ts';
import { runExperiment, secondsForAll } from '../lib/experiment.ts';
import type { Experiment, Stage } from '../lib/result.ts';
import { ResultFile } from '../lib/store.ts';
import { SERVER_CORE } from '../lib/subject.ts';
import { emptyGrpcJs, emptyHttp2 } from '../peers/servers.ts';
import { newTokenPlans } from './new-tokens.ts';
import type { Material } from './parts.ts';

const WORKER = new URL('worker.ts', import.meta.url).pathname;
const TOKENS = { HS256: 2_000, RS256: 500, ES256: 500 };
const TIMES = { full: { rounds: 5, ms: 1_000 }, quick: { rounds: 2, ms: 300 } };

/** In the order in which a check meets them. */
const stages: readonly Omit<Stage, 'rounds'>[] = [
  stage('transport-http2', 'beside', 'Transport, http2', 'an empty server on our own, under load'),
  stage('transport-grpc-js', 'beside', 'Transport, grpc-js', 'an empty server on it, under load'),
  stage('decode', 'part', 'Decode', 'from the bytes what the pipeline asks for'),
  stage('cache-hit', 'part', 'Token cache', 'a token that was verified before'),
  stage('group-commit', 'part', 'Group commit', '64 checks, a store that answers at once'),
  stage('redis', 'part', 'Redis client', '64 checks per lookup, a real Valkey'),
  stage('metrics', 'part', 'Metrics', 'of a settled check'),
  stage('pipeline', 'beside', 'Pipeline alone', 'from sources/memory to reply, a store in memory'),
  stage('whole', 'whole', 'All but the transport', 'decoding and a real Valkey included'),
  stage('encode', 'beside', 'Encode', 'once for each verified token, not for each check'),
  ...algorithms.map((name) =>
    stage(`verify-${name}`, 'beside', `Verify ${name}`, 'a token that was never seen'),
  ),
];

function stage(id: string, kind: Stage['kind'], title: string, about: string) {
  return { id, kind, title, about };
}

export async function runStages(bench: Bench): Promise<void> {
  const { quick, signal } = bench.options;
  const file = await ResultFile.create('stages', quick);
  const usual = await bench.corpus();
  const { rounds, ms } = quick ? TIMES.quick : TIMES.full;
  const transport = await transportPlan(bench);
  const newTokens = await newTokenPlans(bench);
  const worked = stages.filter(({ id }) => !id.startsWith('transport')).length;
  const workerSec = ((rounds + 1) * worked * ms) / 1000;
  bench.progress.expect(workerSec + secondsForAll([transport, ...newTokens], bench));

  const found = new Map<string, number[]>(stages.map(({ id }) => [id, []]));
  const experiments = new Map<string, Experiment>();
  const write = (complete: boolean): void => {
    const measured = stages
      .map((one): Stage => ({ ...one, rounds: found.get(one.id) ?? [] }))
      .filter((one) => one.rounds.length > 0);
    const corpus = describeCorpus(usual.corpus);
    const all = [...experiments.values()];
    file.write({ corpus, experiments: all, skipped: [], stages: measured }, complete);
  };
  bench.progress.note('\nStages of a check, each by itself');
  await runWorker(await materials(bench), rounds, ms, signal, (id, us) => {
    found.get(id)?.push(us);
    write(false);
    bench.progress.step(ms / 1000, `${id}: ${us.toFixed(2)} us of CPU`);
  });
  await runExperiment(transport, bench, ({ variants }) => {
    for (const { id, runs } of variants) {
      const counted = runs.filter((run) => run.void === undefined);
      found.set(
        id,
        counted.map(({ processes }) => processes.server?.cpuUsPerCheck ?? 0),
      );
    }
    write(false);
  });
  for (const plan of newTokens) {
    await runExperiment(plan, bench, (experiment) => {
      experiments.set(experiment.id, experiment);
      write(false);
    });
  }
  write(true);
}

async function transportPlan(bench: Bench) {
  const asked = { load: SATURATED, corpus: (await bench.allowAll()).file, questions: 1 };
  return {
    ...{ id: 'transport', title: 'Transport', about: 'Empty servers.' },
    expectations: [],
    variants: [
      { ...emptyHttp2(), ...asked, id: 'transport-http2' },
      { ...emptyGrpcJs(), ...asked, id: 'transport-grpc-js' },
    ],
  };
}

async function materials(bench: Bench): Promise<Readonly<Record<string, Material>>> {
  const entries = algorithms.map(async (algorithm): Promise<[string, Material]> => {
    const ready = await bench.corpus(algorithmCorpus(algorithm, TOKENS[algorithm]));
    const tokens = ready.corpus.questions.map(({ token }) => token);
    const messages = tokens.map((token) => messageFor(token).toString('base64'));
    return [algorithm, { env: bench.settings(ready), tokens, messages }];
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function runWorker(
  material: object,
  rounds: number,
  ms: number,
  signal: AbortSignal,
  each: (id: string, us: number) => void,
): Promise<void> {
  const path = join(tmpdir(), `sluice-stages-${crypto.randomUUID()}.json`);
  await writeFile(path, JSON.stringify(material), { mode: 0o600 });
  const args = [WORKER, path, String(rounds), String(ms)];
  const command = ['taskset', '-c', SERVER_CORE, process.execPath, ...args];
  try {
    await runForJson('stages-worker', command, signal, ({ id, us }) => each(id, us));
  } finally {
    await rm(path);
  }
}
