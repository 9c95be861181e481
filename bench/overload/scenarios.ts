import type { CorpusOptions } from '../corpus/corpus.ts';
import type { CallerOptions } from '../lib/generator.ts';
import type { Environment } from '../lib/subject.ts';
import { BRIEF } from './caller.ts';

/** What is started and asked, and compared. */
export interface Build {
  readonly id: string;
  readonly settings: Environment;
  readonly isAsked: 'curve' | 'bounds' | 'nothing';
  /** Where the caller is not an Envoy as it comes. */
  readonly caller?: Partial<CallerOptions>;
}

/** All that is taken in is worked off, however long it has waited, as long as its deadline allows. */
const WITHOUT_ADMISSION: Environment = {
  MAX_QUEUE_MS: '150',
  MAX_IN_FLIGHT: '1000000',
  LATENCY_TARGET_MS: '0',
};

export const builds: readonly Build[] = [
  { id: 'http2', settings: { TRANSPORT: 'http2' }, isAsked: 'curve' },
  {
    ...{ id: 'http2, brief Envoy', settings: { TRANSPORT: 'http2' }, isAsked: 'curve' },
    caller: BRIEF,
  },
  { id: 'grpc-js', settings: { TRANSPORT: 'grpc-js' }, isAsked: 'bounds' },
  {
    id: 'http2 without admission',
    settings: { TRANSPORT: 'http2', ...WITHOUT_ADMISSION },
    isAsked: 'nothing',
  },
];

export interface Scenario {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly corpus: CorpusOptions;
  readonly settings: Environment;
}

/** None has expired: that is found out for nothing, and at ten times the load would be much of the goodput. */
const shares = { revokedShare: 0.01, expiredShare: 0 };
const RATES =
  'At each rate, Poisson, whatever the answers do, by a caller that behaves as Envoy does: it obeys ' +
  'the limit on streams, opens up to eight connections for each of its eight workers when all are ' +
  'full, lets 1,024 checks wait for a stream and fails the rest at once, and cancels what is not ' +
  'answered 200 ms after it was due; a brief Envoy has eight connections and lets 128 wait. ' +
  'Goodput is right answers, over those of a closed loop just before.';

export const scenarios: readonly Scenario[] = [
  {
    id: 'known-tokens',
    title: 'Known tokens',
    about:
      'All tokens are known: an answer is cheap, and refusals count. Of ten times what a core serves ' +
      'the load, on one core, writes what there are streams for; the rest is failed, and costs it ' +
      `nothing. ${RATES}`,
    corpus: { algorithm: 'HS256', tokens: 4_000, ...shares },
    settings: {},
  },
  {
    id: 'new-tokens',
    title: 'New tokens',
    about:
      'No token is known, so that each is verified, as after a start: an answer is dear, and a ' +
      `refusal cheap beside it. ${RATES}`,
    // More than are asked about while one of them may be under way.
    corpus: { algorithm: 'HS256', tokens: 40_000, ...shares },
    settings: { TOKEN_CACHE_MAX_ENTRIES: '0' },
  },
];
