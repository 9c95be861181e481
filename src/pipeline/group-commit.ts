import { Observable, type OperatorFunction } from 'rxjs';
import type { Clock } from '../domain/clock.ts';

/** What the operator has to know about its items and the store. */
export interface GroupCommitOptions<Item, Query, Answer> {
  /** Items per lookup, at least 1. */
  readonly maxSize: number;
  /** Lookups at once before items gather, at least 1. */
  readonly maxInFlight: number;
  /** Age in ms at which gathered items go out although maxInFlight lookups are under way. */
  readonly maxAgeMs: number;
  /** Lookups at once that nothing may exceed, at least maxInFlight. */
  readonly maxLookups: number;

  /** An item that is not open any more is dropped. */
  open(item: Item): boolean;
  queries(item: Item): readonly Query[];
  /** Queries with equal keys are asked once per lookup. */
  key(query: Query): string;
  /** One answer per query, in order. */
  lookup(queries: readonly Query[]): Promise<readonly Answer[]>;
  /** Told how many items wait for a lookup now. */
  gathered?(count: number): void;
  /** Whether the newest go first, given since when the oldest waits. */
  newestFirst?(oldestSince: number): boolean;
  /** Told of the items of every lookup, just before it. */
  sending?(items: readonly Item[], queries: readonly Query[]): void;
  /** Takes the answers to an item's queries, in order; says whether the item goes on. */
  answered(item: Item, answers: readonly Answer[]): boolean;
  /** The lookup threw, rejected, or did not give one answer per query. */
  failed(item: Item, error: unknown): void;
}

interface Waiting<Item> {
  readonly item: Item;
  readonly since: number;
}

/**
 * Group commit: a lookup that is under way gathers the items of the next one.
 *
 *     idle        item ─▶ lookup at once, nothing is added to its latency
 *     busy        items ─▶ waiting … the lookup ends ─▶ one lookup for all that waited
 *     overtaken   as busy, but maxSize items wait, or the oldest for maxAgeMs, and fewer than
 *                 maxLookups are under way ─▶ lookup at once
 *
 * Batches therefore grow with load, with no window to tune. Items come out in batches, in the order
 * in which their lookups ended. Whatever a lookup does, it concerns its own items only.
 */
export function groupCommit<Item, Query, Answer>(
  options: GroupCommitOptions<Item, Query, Answer>,
  clock: Clock,
): OperatorFunction<readonly Item[], readonly Item[]> {
  return (batches) =>
    new Observable((out) => {
      let waiting: Waiting<Item>[] = [];
      let pruneAt = MIN_PRUNE_LENGTH;
      let inFlight = 0;
      let sourceDone = false;
      let cancelTimer: (() => void) | undefined;

      const mayGo = (): boolean => {
        if (inFlight < options.maxInFlight) return true;
        if (inFlight >= options.maxLookups) return false;
        if (waiting.length >= options.maxSize) return true;
        const oldest = waiting[0];
        return oldest !== undefined && clock.now() - oldest.since >= options.maxAgeMs;
      };

      const pump = (): void => {
        while (waiting.length > 0 && mayGo()) {
          const items = take();
          if (items.length > 0) void send(items);
        }
        armTimer();
        options.gathered?.(waiting.length);
      };

      const completeIfDone = (): void => {
        if (sourceDone && inFlight === 0 && waiting.length === 0) out.complete();
      };

      const take = (): readonly Item[] => {
        const oldest = waiting[0];
        if (oldest !== undefined && options.newestFirst?.(oldest.since)) {
          const newest = waiting.splice(-options.maxSize).map(({ item }) => item);
          return newest.filter((item) => options.open(item));
        }
        const items: Item[] = [];
        let taken = 0;
        while (taken < waiting.length && items.length < options.maxSize) {
          const { item } = waiting[taken++] as Waiting<Item>;
          if (options.open(item)) items.push(item);
        }
        waiting = waiting.slice(taken);
        return items;
      };

      /** While the store hangs nothing is taken, so what has closed must go another way. */
      const prune = (): void => {
        if (waiting.length < pruneAt) return;
        waiting = waiting.filter(({ item }) => options.open(item));
        pruneAt = Math.max(2 * waiting.length, MIN_PRUNE_LENGTH);
      };

      /** For the age of the oldest. Where no lookup may be added, the end of one pumps instead. */
      const armTimer = (): void => {
        const oldest = waiting[0];
        if (oldest === undefined || inFlight >= options.maxLookups) {
          cancelTimer?.();
          cancelTimer = undefined;
        } else if (cancelTimer === undefined) {
          const dueMs = Math.max(oldest.since + options.maxAgeMs - clock.now(), 0);
          cancelTimer = clock.after(dueMs, () => {
            cancelTimer = undefined;
            pump();
            completeIfDone();
          });
        }
      };

      const send = async (items: readonly Item[]): Promise<void> => {
        inFlight++;
        const onward: Item[] = [];
        try {
          const { queries, positions } = distinct(items, options);
          options.sending?.(items, queries);
          const answers = await options.lookup(queries);
          if (answers.length !== queries.length) throw new Error('answer_count');
          let next = 0;
          for (const item of items) {
            const own = options
              .queries(item)
              .map(() => answers[positions[next++] as number] as Answer);
            if (options.open(item) && options.answered(item, own)) onward.push(item);
          }
        } catch (error) {
          for (const item of items) if (options.open(item)) options.failed(item, error);
        }
        inFlight--;
        pump();
        if (onward.length > 0) out.next(onward);
        completeIfDone();
      };

      const subscription = batches.subscribe({
        next(batch) {
          const since = clock.now();
          for (const item of batch) waiting.push({ item, since });
          prune();
          pump();
        },
        error: (error) => out.error(error),
        complete() {
          sourceDone = true;
          pump();
          completeIfDone();
        },
      });
      return () => {
        cancelTimer?.();
        subscription.unsubscribe();
      };
    });
}

const MIN_PRUNE_LENGTH = 1024;

/** The distinct queries of the items and, query by query, where each one's answer will stand. */
function distinct<Item, Query, Answer>(
  items: readonly Item[],
  options: GroupCommitOptions<Item, Query, Answer>,
): { queries: readonly Query[]; positions: readonly number[] } {
  const queries: Query[] = [];
  const positions: number[] = [];
  const positionOf = new Map<string, number>();
  for (const item of items) {
    for (const query of options.queries(item)) {
      const key = options.key(query);
      let position = positionOf.get(key);
      if (position === undefined) {
        position = queries.push(query) - 1;
        positionOf.set(key, position);
      }
      positions.push(position);
    }
  }
  return { queries, positions };
}
