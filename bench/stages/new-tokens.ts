import { algorithms, type BenchAlgorithm } from '../corpus/corpus.ts';
import { type Plans, sluiceVariant } from '../ladder/plans.ts';
import { algorithmCorpus, type Bench } from '../lib/bench.ts';
import type { Load } from '../lib/result.ts';

const TOKENS = 2_000;
/** No token is known: each check verifies its own. */
const NO_CACHE = { TOKEN_CACHE_MAX_ENTRIES: '0' };
/** As many as are verified without anybody having to be refused. */
const BUSY: Load = { loop: 'closed', connections: 4, streams: 8 };
const AT_RATE: Load = { loop: 'poisson', rate: 5_000, connections: 4, streams: 50 };
/** Of all that a check costs, in us. */
const AT_MOST_US: Readonly<Partial<Record<BenchAlgorithm, number>>> = { HS256: 60, RS256: 90 };
const LONGEST_STALL_MS = 10;

/** What a check costs whose token was never seen, the transport and Redis included. */
export async function newTokenPlans(bench: Bench): Promise<Plans> {
  const variants = (load: Load, some: readonly BenchAlgorithm[]) =>
    Promise.all(
      some.map(async (algorithm) => {
        const corpus = await bench.corpus(algorithmCorpus(algorithm, TOKENS));
        return sluiceVariant(bench, corpus, { id: algorithm, settings: NO_CACHE, load });
      }),
    );
  const quick = Object.keys(AT_MOST_US) as BenchAlgorithm[];
  return [
    {
      id: 'new-tokens',
      title: 'New tokens',
      about: 'Every check has one that is verified, with all that a check takes besides.',
      expectations: quick.map((algorithm) => ({
        text: `${algorithm} for at most ${AT_MOST_US[algorithm]} us in all`,
        ...{ figure: 'serverCpuUs', of: algorithm, atMost: AT_MOST_US[algorithm] as number },
      })),
      variants: await variants(BUSY, algorithms),
    },
    {
      id: 'new-tokens-at-rate',
      title: 'New tokens, 5,000/s',
      about: 'Poisson, whatever the answers do; ES256 takes more than there is of a core.',
      expectations: quick.map((algorithm) => ({
        text: `${algorithm} holds nobody up for more than ${LONGEST_STALL_MS} ms`,
        ...{ figure: 'loopLagMaxMs', of: algorithm, atMost: LONGEST_STALL_MS },
      })),
      variants: await variants(AT_RATE, quick),
    },
  ];
}
