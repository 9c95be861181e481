import { describeCorpus } from '../corpus/corpus.ts';
import type { Bench } from '../lib/bench.ts';
import type { Experiment } from '../lib/result.ts';
import { ResultFile, recordExperiments } from '../lib/store.ts';
import { bounds, curve, factors } from './curve.ts';
import { Entrant } from './entrant.ts';
import { playRound } from './round.ts';
import { builds, type Scenario, scenarios } from './scenarios.ts';
import { secondsOfRound, timingOf } from './timing.ts';
import { variantsOf } from './variants.ts';

/** For a server to start and warm up. */
const START_SEC = 4;

/** Up to ten times what a server can take, and back. */
export async function runOverload(bench: Bench): Promise<void> {
  const { quick } = bench.options;
  const file = await ResultFile.create('overload', quick);
  const timing = timingOf(quick);
  const [first] = scenarios as readonly [Scenario, ...Scenario[]];
  const corpus = describeCorpus((await bench.corpus(first.corpus)).corpus);
  const { update, finish } = recordExperiments(file, corpus, []);
  const entries = scenarios.length * builds.length;
  const each = START_SEC + timing.rounds * secondsOfRound(timing, factors.length);
  bench.progress.expect(entries * each);
  for (const scenario of scenarios) await runScenario(scenario, bench, update);
  finish();
}

/** All servers up at once and overloaded in turn, A B A B. */
async function runScenario(
  scenario: Scenario,
  bench: Bench,
  update: (experiment: Experiment) => void,
): Promise<void> {
  const timing = timingOf(bench.options.quick);
  bench.progress.note(`\n${scenario.title}\n${scenario.about}`);
  await using started = new AsyncDisposableStack();
  const entrants: Entrant[] = [];
  for (const build of builds) {
    bench.options.signal.throwIfAborted();
    entrants.push(started.use(await Entrant.start(build, scenario, bench)));
    bench.progress.step(START_SEC, `${build.id}: warm`);
  }
  const experiment = describe(scenario);
  for (let round = 0; round < timing.rounds; round++) {
    for (const entrant of entrants) {
      await playRound(entrant, timing, round + 1, bench, () =>
        update({ ...experiment, variants: entrants.flatMap(variantsOf) }),
      );
    }
  }
}

function describe({ id, title, about }: Scenario): Omit<Experiment, 'variants'> {
  return {
    ...{ id, title, about },
    sweep: { knob: 'offered / capacity', scale: 'log' },
    expectations: builds.flatMap((build) => {
      if (build.isAsked === 'curve') return curve(build.id);
      return build.isAsked === 'bounds' ? bounds(build.id) : [];
    }),
  };
}
