import fc from 'fast-check';
import { Subject } from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import { type GroupCommitOptions, groupCommit } from '../../../src/pipeline/group-commit.ts';
import { ManualClock } from '../../support/manual-clock.ts';

interface Item {
  readonly name: number;
  readonly asks: readonly string[];
  open: boolean;
}

interface Lookup {
  readonly queries: readonly string[];
  readonly items: readonly Item[];
  resolve(answers?: readonly string[]): void;
  reject(error: Error): void;
}

const DEFAULTS = { maxSize: 4, maxInFlight: 1, maxAgeMs: 5, maxLookups: 3 };
/** Given up waiting in their order after this, in ms. */
const STANDING_MS = 20;

/** The operator under a store whose lookups the test ends by hand. */
function harness(limits: Partial<typeof DEFAULTS> = {}) {
  const clock = new ManualClock();
  const source = new Subject<readonly Item[]>();
  const underWay: Lookup[] = [];
  const sent: Lookup[] = [];
  const outcomes = new Map<Item, string[]>();
  let throwNext = false;
  let peak = 0;
  let nextName = 0;
  let sending: readonly Item[] = [];
  let completed = false;
  let gathered = 0;

  const note = (item: Item, outcome: string) =>
    outcomes.set(item, [...(outcomes.get(item) ?? []), outcome]);

  const options: GroupCommitOptions<Item, string, string> = {
    ...DEFAULTS,
    ...limits,
    open: (item) => item.open,
    queries: (item) => item.asks,
    key: (query) => query,
    gathered: (count) => {
      gathered = count;
    },
    newestFirst: (oldestSince) => clock.now() - oldestSince > STANDING_MS,
    sending(items) {
      sending = items;
    },
    lookup(queries) {
      if (throwNext) {
        throwNext = false;
        throw new Error('thrown');
      }
      const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
      const end = () => underWay.splice(underWay.indexOf(lookup), 1);
      const lookup: Lookup = {
        queries,
        items: sending,
        resolve(answers = queries.map((query) => `answer to ${query}`)) {
          end();
          resolve(answers);
        },
        reject(error) {
          end();
          reject(error);
        },
      };
      underWay.push(lookup);
      sent.push(lookup);
      peak = Math.max(peak, underWay.length);
      return promise;
    },
    answered(item, answers) {
      note(item, answers.join());
      return true;
    },
    failed: (item, error) => note(item, `failed: ${(error as Error).message}`),
  };
  const out: Item[] = [];
  source.pipe(groupCommit(options, clock)).subscribe({
    next: (batch) => {
      expect(completed).toBe(false);
      out.push(...batch);
    },
    complete: () => {
      completed = true;
    },
  });
  return {
    clock,
    source,
    underWay,
    sent,
    outcomes,
    out,
    peak: () => peak,
    completed: () => completed,
    gathered: () => gathered,
    throwNext: () => {
      throwNext = true;
    },
    arrive(...asks: string[]): Item[] {
      const items = asks.map((ask) => ({ name: nextName++, asks: ask.split('+'), open: true }));
      source.next(items);
      return items;
    },
  };
}

/** Lets everything that was promised happen. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('groupCommit', () => {
  let h: ReturnType<typeof harness>;
  beforeEach(() => {
    h = harness();
  });

  it('adds no wait when idle', () => {
    h.arrive('a');
    expect(h.underWay.map(({ queries }) => queries)).toEqual([['a']]);
  });

  it('gathers while a lookup is under way, and sends what gathered when it ends', async () => {
    h.arrive('a');
    h.arrive('b');
    h.arrive('c');
    expect(h.sent).toHaveLength(1);
    h.underWay[0]?.resolve();
    await settle();
    expect(h.sent[1]?.queries).toEqual(['b', 'c']);
  });

  it('sends a full batch at once, up to the cap on lookups', () => {
    h.arrive('a');
    h.arrive('b', 'c', 'd', 'e', 'f');
    expect(h.sent.map(({ queries }) => queries.length)).toEqual([1, 4]);
    h.arrive('g', 'h', 'i', 'j', 'k', 'l', 'm');
    expect(h.sent.map(({ queries }) => queries.length)).toEqual([1, 4, 4]);
    expect(h.peak()).toBe(3);
  });

  it('sends what has reached its age, as long as a connection is free', () => {
    h.arrive('a');
    h.arrive('b');
    h.clock.advance(4);
    expect(h.sent).toHaveLength(1);
    h.clock.advance(1);
    expect(h.sent[1]?.queries).toEqual(['b']);
    h.arrive('c');
    h.clock.advance(5);
    h.arrive('d');
    h.clock.advance(50);
    expect(h.sent).toHaveLength(3);
  });

  it('asks equal ids once and answers every item', async () => {
    const items = h.arrive('a', 'a', 'b+a');
    expect(h.sent[0]?.queries).toEqual(['a', 'b']);
    h.underWay[0]?.resolve();
    await settle();
    expect(items.map((item) => h.outcomes.get(item))).toEqual([
      ['answer to a'],
      ['answer to a'],
      ['answer to b,answer to a'],
    ]);
    expect(h.out).toEqual(items);
  });

  it('asks again when an equal id arrives after the lookup has gone out', async () => {
    h.arrive('a');
    h.arrive('a');
    h.underWay[0]?.resolve();
    await settle();
    expect(h.sent[1]?.queries).toEqual(['a']);
  });

  it.each([
    ['rejects', (lookup: Lookup) => lookup.reject(new Error('down')), 'failed: down'],
    ['answers too few', (lookup: Lookup) => lookup.resolve([]), 'failed: answer_count'],
    ['answers too many', (lookup: Lookup) => lookup.resolve(['x', 'y']), 'failed: answer_count'],
  ])('fails only the items of a lookup that %s', async (_, end, outcome) => {
    const [first] = h.arrive('a');
    const [second] = h.arrive('b');
    end(h.underWay[0] as Lookup);
    await settle();
    h.underWay[0]?.resolve();
    await settle();
    expect(h.outcomes.get(first as Item)).toEqual([outcome]);
    expect(h.outcomes.get(second as Item)).toEqual(['answer to b']);
    expect(h.out).toEqual([second]);
  });

  it('survives a store that throws', async () => {
    h.throwNext();
    const [first] = h.arrive('a');
    await settle();
    const [second] = h.arrive('b');
    h.underWay[0]?.resolve();
    await settle();
    expect(h.outcomes.get(first as Item)).toEqual(['failed: thrown']);
    expect(h.outcomes.get(second as Item)).toEqual(['answer to b']);
  });

  it('neither asks for nor answers items that have closed', async () => {
    const [asked] = h.arrive('a');
    const [waiting, other] = h.arrive('b', 'c');
    for (const item of [asked, waiting]) (item as Item).open = false;
    h.underWay[0]?.resolve();
    await settle();
    expect(h.sent[1]?.queries).toEqual(['c']);
    h.underWay[0]?.resolve();
    await settle();
    expect(h.out).toEqual([other]);
    expect(h.outcomes.has(asked as Item)).toBe(false);
  });

  it('sends the newest first once it is told that the queue stands', async () => {
    h = harness({ maxLookups: 1 });
    h.arrive('a');
    const [closed] = h.arrive('b', 'c', 'd');
    h.clock.advance(STANDING_MS + 1);
    const news = h.arrive('e', 'f', 'g', 'h', 'i');
    (news[2] as Item).open = false;
    (closed as Item).open = false;
    h.underWay[0]?.resolve();
    await settle();
    expect(h.sent[1]?.queries).toEqual(['f', 'h', 'i']);
    expect(h.gathered()).toBe(4);
    h.underWay[0]?.resolve();
    await settle();
    expect(h.sent[2]?.queries).toEqual(['c', 'd', 'e']);
    expect(h.gathered()).toBe(0);
  });

  it('completes when the source has and nothing is outstanding', async () => {
    h.arrive('a');
    h.source.complete();
    expect(h.completed()).toBe(false);
    h.underWay[0]?.resolve();
    await settle();
    expect(h.completed()).toBe(true);
    expect(h.out).toHaveLength(1);
  });

  it('completes when what is left has closed, too', async () => {
    const [, , closed] = [h.arrive('a'), h.arrive('b'), ...h.arrive('c')];
    h.source.complete();
    if (closed !== undefined) closed.open = false;
    h.clock.advance(5);
    for (const lookup of [...h.underWay]) lookup.resolve();
    await settle();
    expect(h.completed()).toBe(true);
    expect(h.out).toHaveLength(2);
  });

  it('leaves no timer behind', async () => {
    h.arrive('a');
    h.arrive('b');
    h.underWay[0]?.resolve();
    await settle();
    h.underWay[0]?.resolve();
    await settle();
    h.clock.advance(100);
    expect(h.sent).toHaveLength(2);
  });

  it('loses and doubles nothing, whatever the store does', async () => {
    const ask = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'a+b', 'c+c');
    const event = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ arrive: fc.array(ask, { minLength: 1, maxLength: 9 }) }),
      },
      { weight: 2, arbitrary: fc.record({ advance: fc.integer({ min: 1, max: 12 }) }) },
      { weight: 4, arbitrary: fc.record({ end: fc.nat(9), how: fc.nat(3) }) },
      { weight: 1, arbitrary: fc.record({ close: fc.nat(50) }) },
      { weight: 1, arbitrary: fc.constant({ throwNext: true }) },
    );
    const limits = fc
      .record({
        maxSize: fc.integer({ min: 1, max: 6 }),
        maxInFlight: fc.integer({ min: 1, max: 3 }),
        maxAgeMs: fc.integer({ min: 0, max: 8 }),
        extra: fc.nat(3),
      })
      .map(({ extra, ...rest }) => ({ ...rest, maxLookups: rest.maxInFlight + extra }));

    await fc.assert(
      fc.asyncProperty(limits, fc.array(event, { maxLength: 40 }), async (limit, events) => {
        const run = harness(limit);
        const items: Item[] = [];
        let throwing = false;
        const closedBeforeAnswer = new Set<Item>();
        for (const step of events) {
          if ('arrive' in step) {
            const idle = run.underWay.length === 0 && !throwing;
            items.push(...run.arrive(...step.arrive));
            if (idle) expect(run.underWay.length).toBeGreaterThan(0);
            throwing = false;
          } else if ('advance' in step) run.clock.advance(step.advance);
          else if ('end' in step) {
            const lookup = run.underWay[step.end % Math.max(run.underWay.length, 1)];
            if (lookup === undefined) continue;
            if (step.how === 0) lookup.reject(new Error('down'));
            else if (step.how === 1) lookup.resolve([...lookup.queries, 'one too many']);
            else lookup.resolve();
          } else if ('close' in step) {
            const item = items[step.close % Math.max(items.length, 1)];
            if (item !== undefined && !run.outcomes.has(item)) {
              item.open = false;
              closedBeforeAnswer.add(item);
            }
          } else {
            run.throwNext();
            throwing = true;
          }
          await settle();
        }
        for (let rounds = 0; run.underWay.length > 0; rounds++) {
          expect(rounds).toBeLessThan(1000);
          for (const lookup of [...run.underWay]) lookup.resolve();
          await settle();
        }
        run.source.complete();
        await settle();
        expect(run.completed()).toBe(true);
        expect(run.peak()).toBeLessThanOrEqual(limit.maxLookups);
        for (const { items: carried, queries } of run.sent) {
          expect(carried.length).toBeGreaterThan(0);
          expect(carried.length).toBeLessThanOrEqual(limit.maxSize);
          expect(new Set(queries).size).toBe(queries.length);
        }
        for (const item of items) {
          const outcome = run.outcomes.get(item) ?? [];
          if (closedBeforeAnswer.has(item)) expect(outcome).toEqual([]);
          else expect(outcome).toHaveLength(1);
          const right = item.asks.map((query) => `answer to ${query}`).join();
          const passed = outcome[0] === right;
          if (!passed && outcome.length > 0) expect(outcome[0]).toMatch(/^failed: /);
          expect(run.out.filter((other) => other === item)).toHaveLength(passed ? 1 : 0);
        }
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});
