import { Observable } from 'rxjs';
import type { Call } from '../domain/call.ts';
import type { Fault, Identity, TokenVerifier, Unverified } from '../domain/claims.ts';
import type { Clock } from '../domain/clock.ts';
import type { Queue } from './queue.ts';
import type { Refusals } from './refusals.ts';
import { fail, refuseAsTooLong, type Stage } from './stage.ts';
import { type Group, hashOf, TokenGroups } from './token-groups.ts';

export interface VerifyOptions {
  /** Verifications in a turn of the event loop, at least 1 (GRPC_NUM_STREAM_WORKERS). */
  readonly perTurn: number;
}

/** For how long a turn may verify, in ms, whatever may be left: everybody else waits meanwhile. */
const SLICE_MS = 2;
const MIN_PRUNE_LENGTH = 1024;

/**
 * Stage: from token to identity.
 *
 *     batch ──▶ peek ──▶ known at once ───────────────────────────────────▶ the same batch goes on
 *                 └────▶ waiting ─▶ verified, some in each turn ──────────▶ a batch a turn
 *                         ▲               └─▶ the key has to be fetched ─┐
 *                         └──────────────────────────── its turn again ◀─┘
 *
 * Calls with the same token share one verification. A token all of whose callers have left by the
 * time it is its turn is not verified. A call that would wait too long, here or for the lookup that
 * follows, is refused at once, unless its token is cached: it costs nothing but that look. Those who
 * have waited for so long that they will hardly be served in time let the newest go first. Who waits
 * for a key keeps nobody else from being verified.
 */
export function verify(
  options: VerifyOptions,
  clock: Clock,
  refusals: Refusals,
  queue: Queue,
  lookupQueue: Queue,
): Stage {
  return (batches) =>
    new Observable((out) => {
      const groups = new TokenGroups();
      let waiting: Group[] = [];
      let held = 0;
      let pruneAt = MIN_PRUNE_LENGTH;
      let verified: Call[] = [];
      let isDue = false;
      let lastSliceAt = 0;
      let lastStarted = 0;
      let sourceDone = false;

      const enqueue = (
        verifier: TokenVerifier,
        token: string,
        read: Unverified | undefined,
        call: Call,
        now: number,
      ): void => {
        const hash = hashOf(token);
        let group = groups.get(hash, token, verifier);
        if (group === undefined) {
          const made = { calls: [], started: false, next: undefined };
          group = { verifier, token, hash, read, since: now, ...made };
          groups.add(group);
          waiting.push(group);
          queue.ahead = waiting.length;
        }
        group.calls.push(call);
        if (!group.started) queue.enter(call, now);
        if (++held >= pruneAt) prune();
      };

      /** While keys cannot be had nothing finishes, so what has closed must go another way. */
      const prune = (): void => {
        held = 0;
        groups.forEach((group) => {
          group.calls = group.calls.filter((call) => call.open);
          held += group.calls.length;
        });
        waiting = waiting.filter((group) => {
          if (group.calls.length > 0) return true;
          forget(group);
          return false;
        });
        pruneAt = Math.max(2 * held, MIN_PRUNE_LENGTH);
      };

      /** Verifies some, passes on what there is, and goes on in the next turn. */
      const slice = (): void => {
        isDue = false;
        const startedAt = clock.now();
        if (lastSliceAt > 0) queue.served((startedAt - lastSliceAt) / lastStarted);
        lastStarted = 0;
        let now = startedAt;
        do {
          const group = next(now);
          if (group === undefined) break;
          start(group, now);
          lastStarted++;
          now = clock.now();
        } while (lastStarted < options.perTurn && now - startedAt < SLICE_MS);
        // Also where nobody waits any more, or what was slow once would be held against those to come.
        if (waiting.length === 0 && lastStarted > 0) queue.served((now - startedAt) / lastStarted);
        queue.ahead = waiting.length;
        lastSliceAt = waiting.length > 0 ? startedAt : 0;
        if (waiting.length > 0) goOn();
        const batch = verified;
        verified = [];
        if (batch.length > 0) out.next(batch);
        completeIfDone();
      };

      const goOn = (): void => {
        if (isDue) return;
        isDue = true;
        clock.endOfTurn(slice);
      };

      /** Whose turn it is. */
      const next = (now: number): Group | undefined => {
        for (;;) {
          const [oldest] = waiting;
          if (oldest === undefined) return undefined;
          const isLate = queue.isStanding(oldest.since, now);
          const group = (isLate ? waiting.pop() : waiting.shift()) as Group;
          if (group.calls.some((call) => call.open)) return group;
          forget(group);
        }
      };

      const start = (group: Group, now: number): void => {
        queue.leave(group.calls, now);
        group.started = true;
        try {
          const outcome = group.verifier.verify(group.token, group.read);
          if (!(outcome instanceof Promise)) finish(group, outcome);
          else void outcome.then(...later(group));
        } catch (error) {
          finish(group, error);
        }
      };

      const later = (group: Group) => {
        const end = (outcome: unknown): void => {
          if (isUnverified(outcome)) again(group, outcome);
          else finish(group, outcome);
          goOn();
        };
        return [end, end] as const;
      };

      const again = (group: Group, read: Unverified): void => {
        const now = clock.now();
        group.read = read;
        group.since = now;
        group.started = false;
        for (const call of group.calls) queue.enter(call, now);
        waiting.push(group);
        queue.ahead = waiting.length;
      };

      const finish = (group: Group, outcome: unknown): void => {
        forget(group);
        const now = clock.now();
        for (const call of group.calls) {
          if (!call.open) continue;
          call.verifyEndedAt = now;
          if (!isOutcome(outcome)) fail(call, refusals, outcome);
          else if (apply(call, outcome, refusals)) verified.push(call);
        }
      };

      const forget = (group: Group): void => {
        held -= group.calls.length;
        groups.delete(group);
      };

      const completeIfDone = (): void => {
        if (sourceDone && groups.size === 0 && !isDue) out.complete();
      };

      return batches.subscribe({
        next(batch) {
          const startedAt = clock.now();
          const onward: Call[] = [];
          for (const call of batch) {
            const { token, requirement } = call;
            if (!call.open || token === undefined || requirement === undefined) continue;
            const { verifier } = requirement;
            call.verifyStartedAt = startedAt;
            try {
              const isFull =
                queue.isTooLong(call, startedAt) || lookupQueue.isTooLong(call, startedAt);
              const known = verifier.peek(token, isFull);
              if (known?.kind === 'identity' || known?.kind === 'fault') {
                if (apply(call, known, refusals)) onward.push(call);
              } else if (isFull) refuseAsTooLong(call, refusals);
              else enqueue(verifier, token, known, call, startedAt);
            } catch (error) {
              fail(call, refusals, error);
            }
          }
          // One reading of the clock for the batch; each hit is charged its share of it.
          const share = (clock.now() - startedAt) / batch.length;
          for (const call of onward) call.verifyEndedAt = startedAt + share;
          if (onward.length > 0) out.next(onward);
          if (waiting.length > 0 && !isDue) slice();
        },
        error: (error) => out.error(error),
        complete() {
          sourceDone = true;
          completeIfDone();
        },
      });
    });
}

function isUnverified(value: unknown): value is Unverified {
  return (value as Partial<Unverified> | null | undefined)?.kind === 'unverified';
}

function isOutcome(value: unknown): value is Identity | Fault {
  const kind = (value as Partial<Identity | Fault> | null | undefined)?.kind;
  return kind === 'identity' || kind === 'fault';
}

function apply(call: Call, outcome: Identity | Fault, refusals: Refusals): boolean {
  if (outcome.kind === 'identity') {
    call.identity = outcome;
    return true;
  }
  call.detail = outcome.detail;
  call.settle(refusals.of(outcome.reason, call));
  return false;
}
