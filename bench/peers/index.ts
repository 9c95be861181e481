import { describeCorpus } from '../corpus/corpus.ts';
import { PLAN_LOAD, SATURATED, sluiceVariant } from '../ladder/plans.ts';
import type { Bench, ReadyCorpus } from '../lib/bench.ts';
import { type ExperimentPlan, runPlans, type VariantPlan } from '../lib/experiment.ts';
import { PACE_MS } from '../lib/generator.ts';
import type { Load } from '../lib/result.ts';
import { ResultFile, recordExperiments } from '../lib/store.ts';
import { runBehindEnvoy, secondsBehindEnvoy } from './behind-envoy.ts';
import { runOverTls, secondsOverTls } from './over-tls.ts';
import { emptyGo, emptyGrpcJs, transports } from './servers.ts';

const BUSY: Load = {
  ...{ loop: 'poisson', rate: 50_000, connections: 4, streams: 250 },
  paceMs: PACE_MS,
};
/** A single check at a time: what there is of delay when nobody waits for anybody. */
const ALONE: Load = { loop: 'closed', connections: 1, streams: 1 };
const GO_WORKERS = 4;

/** Sluice beside servers that do nothing, in one run. */
export async function runPeers(bench: Bench): Promise<void> {
  const file = await ResultFile.create('peers', bench.options.quick);
  const ready = await bench.corpus();
  const plans = peerPlans(bench, ready, (await bench.allowAll()).file);
  const skipped: string[] = [];
  const { update, finish } = recordExperiments(file, describeCorpus(ready.corpus), skipped);
  await runPlans(plans, bench, secondsOverTls(bench) + secondsBehindEnvoy(bench), update);
  skipped.push(...(await runOverTls(bench, update)), ...(await runBehindEnvoy(bench, update)));
  for (const reason of skipped) bench.progress.note(`skipped: ${reason}`);
  finish();
}

function peerPlans(bench: Bench, ready: ReadyCorpus, corpus: string): readonly ExperimentPlan[] {
  const asked = { corpus, questions: 1 }; // they look at none of it
  const under = (load: Load, perConnection?: number) => {
    const extra = { load, ...(perConnection !== undefined && { perConnection }) };
    const go = (workers: number): VariantPlan => ({ ...emptyGo(workers), ...extra, ...asked });
    return {
      go: go(0),
      goWorkers: go(GO_WORKERS),
      grpcJs: { ...emptyGrpcJs(), ...extra, ...asked },
      sluice: transports.map((id) => ({
        ...sluiceVariant(bench, ready, {
          ...{ id, label: `Sluice, ${id}`, settings: { TRANSPORT: id }, load },
        }),
        ...extra,
      })),
    };
  };
  const saturated = under(SATURATED);
  const renewed = under(SATURATED, 100);
  const alone = under(ALONE);
  const planned = under(PLAN_LOAD);
  return [
    {
      id: 'saturated',
      title: 'Saturated',
      about: 'As many checks as one core answers: 4 connections with 50 in flight each.',
      expectations: [
        {
          text: 'all of Sluice for at most three empty Go servers',
          ...{ figure: 'serverCpuUs', of: 'grpc-js', over: 'empty-go-0', atMost: 3 },
        },
        {
          text: 'on our own transport for a quarter of one',
          ...{ figure: 'serverCpuUs', of: 'http2', over: 'empty-go-0', atMost: 0.25 },
        },
        { text: '70,000 checks/s on one core', figure: 'rps', of: 'http2', atLeast: 70_000 },
        { text: 'Redis for at most 2 us', figure: 'redisCpuUs', of: 'http2', atMost: 2 },
        { text: 'at most 140 MiB resident', figure: 'rssMiB', of: 'http2', atMost: 140 },
      ],
      variants: [saturated.go, saturated.goWorkers, saturated.grpcJs, ...saturated.sluice],
    },
    {
      id: 'renewed',
      title: 'Connections renewed after 100 checks',
      about: 'As a mesh does that sets maxRequestsPerConnection to 100.',
      expectations: [],
      variants: [renewed.go, renewed.grpcJs, ...renewed.sluice],
    },
    {
      id: 'alone',
      title: 'One check at a time',
      about: 'One connection, the next check when the last one is answered.',
      expectations: [
        {
          text: 'with tokens and Redis, grpc-js takes at most half as long again',
          ...{ figure: 'p50Ms', of: 'grpc-js', over: 'empty-grpc-js', atMost: 1.5 },
        },
        {
          text: 'our own transport takes at most half as long again as an empty grpc-js server',
          ...{ figure: 'p50Ms', of: 'http2', over: 'empty-grpc-js', atMost: 1.5 },
        },
        {
          text: 'our own transport is as quick to answer as the empty Go server',
          ...{ figure: 'p50Ms', of: 'http2', over: 'empty-go-0', atMost: 1 },
        },
      ],
      variants: [alone.go, alone.grpcJs, ...alone.sluice],
    },
    {
      id: 'plan-load',
      title: 'At the load of the plan',
      about: '1,000 checks/s, Poisson, whatever the answers do.',
      expectations: [
        { text: 'p99 of at most 5 ms', figure: 'p99Ms', of: 'http2', atMost: 5 },
        { text: 'at most 110 MiB resident', figure: 'rssMiB', of: 'http2', atMost: 110 },
      ],
      variants: [planned.go, planned.grpcJs, ...planned.sluice],
    },
    {
      id: 'busy',
      title: 'At 50,000 checks/s',
      about: 'Poisson, on one core. The others do not get that far.',
      expectations: [{ text: 'p99 of at most 12 ms', figure: 'p99Ms', of: 'http2', atMost: 12 }],
      variants: under(BUSY).sluice.filter(({ id }) => id === 'http2'),
    },
  ];
}
