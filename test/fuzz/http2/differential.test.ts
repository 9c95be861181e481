import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AnsweringSource, inWords, startBoth } from './both-sources.ts';
import { differences } from './differences.ts';
import { differentialCases } from './differential-cases.ts';
import { randomSteps } from './random-exchange.ts';

/** FUZZ_RUNS=10000 for a long one; FUZZ_SEED repeats one that failed, whose seed it printed. */
const { FUZZ_RUNS = '200', FUZZ_SEED } = process.env;
const RUNS = Number(FUZZ_RUNS);
const MS_PER_RUN = 1_000;

let ours: AnsweringSource;
let theirs: AnsweringSource;

beforeAll(async () => {
  // The library tells of all the metadata that it cannot read.
  setLogVerbosity(logVerbosity.NONE);
  ({ ours, theirs } = await startBoth());
});

afterAll(async () => {
  await ours[Symbol.asyncDispose]();
  await theirs[Symbol.asyncDispose]();
});

describe('ours and the library', () => {
  const [different, equal] = [true, false].map((isListed) =>
    [...differentialCases].filter(([name]) => name in differences === isListed),
  ) as [[string, Buffer[]][], [string, Buffer[]][]];

  it.each(equal)('make the same of %s', async (_, steps) => {
    for (const cuts of [0, 1, 2]) {
      const one = inWords(await ours.exchange({ steps, cuts }));
      expect(one).toBe(inWords(await theirs.exchange({ steps, cuts })));
    }
  });

  it.each(different)('differ about %s in the way that is known', async (name, steps) => {
    const { ours: one, theirs: other } = differences[name] as (typeof differences)[string];
    expect(one).not.toBe(other);
    for (const cuts of [0, 1, 2]) expect(inWords(await ours.exchange({ steps, cuts }))).toBe(one);
    expect(inWords(await theirs.exchange({ steps }))).toBe(other);
  });

  it('have no difference listed that has no case', () => {
    expect(Object.keys(differences).filter((name) => !differentialCases.has(name))).toEqual([]);
  });

  it('make the same of streams in any number and order', {
    timeout: 60_000 + RUNS * MS_PER_RUN,
  }, async () => {
    const property = fc.asyncProperty(randomSteps, fc.nat(1_000), async (steps, cuts) => {
      const one = inWords(await ours.exchange({ steps, cuts }));
      expect(one).toBe(inWords(await theirs.exchange({ steps, cuts })));
    });
    const seed = FUZZ_SEED === undefined ? {} : { seed: Number(FUZZ_SEED) };
    await fc.assert(property, { numRuns: RUNS, ...seed });
  });
});
