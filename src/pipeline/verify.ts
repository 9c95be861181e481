import { Observable } from 'rxjs';
import type { Call } from '../domain/call.ts';
import type { Fault, Identity } from '../domain/claims.ts';
import type { Clock } from '../domain/clock.ts';
import type { TokenVerifier } from '../domain/ports.ts';
import type { Queue } from './queue.ts';
import type { Refusals } from './refusals.ts';
import { fail, refuseAsTooLong, type Stage } from './stage.ts';

export interface VerifyOptions {
  /** Verifications at once, at least 1 (GRPC_NUM_STREAM_WORKERS). */
  readonly concurrency: number;
}

/** Calls that share one verification. */
interface Group {
  readonly token: string;
  /** When the first of them came. */
  readonly since: number;
  calls: Call[];
  /** 0 = it waits. */
  startedAt: number;
}

/**
 * Stage: from token to identity.
 *
 *     batch ──▶ peek ──▶ known at once ─────────────────────────▶ the same batch goes on
 *                 └────▶ waiting ─▶ verifying ──▶ gathered to the end of the turn
 *
 * Calls with the same token share one verification. A token all of whose callers have left by the
 * time it is its turn is not verified. A call that would wait too long, here or for the lookup that
 * follows, is refused at once, unless its token is cached: it costs nothing but that look. Those who
 * have waited for so long that they will hardly be served in time let the newest go first.
 */
export function verify(
  options: VerifyOptions,
  verifier: TokenVerifier,
  clock: Clock,
  refusals: Refusals,
  queue: Queue,
  lookupQueue: Queue,
): Stage {
  return (batches) =>
    new Observable((out) => {
      const groups = new Map<string, Group>();
      let waiting: Group[] = [];
      let verifying = 0;
      let held = 0;
      let pruneAt = MIN_PRUNE_LENGTH;
      let verified: Call[] = [];
      let flushing = false;
      let sourceDone = false;

      const completeIfDone = (): void => {
        if (sourceDone && groups.size === 0 && !flushing) out.complete();
      };

      const enqueue = (token: string, call: Call, now: number): void => {
        let group = groups.get(token);
        if (group === undefined) {
          group = { token, since: now, calls: [], startedAt: 0 };
          groups.set(token, group);
          waiting.push(group);
          queue.ahead = waiting.length / options.concurrency;
        }
        group.calls.push(call);
        if (group.startedAt === 0) queue.enter(call, now);
        if (++held >= pruneAt) prune();
      };

      /** While keys cannot be had nothing finishes, so what has closed must go another way. */
      const prune = (): void => {
        held = 0;
        for (const group of groups.values()) {
          group.calls = group.calls.filter((call) => call.open);
          held += group.calls.length;
        }
        waiting = waiting.filter((group) => group.calls.length > 0 || !groups.delete(group.token));
        pruneAt = Math.max(2 * held, MIN_PRUNE_LENGTH);
      };

      const next = (now: number): Group | undefined => {
        const [oldest] = waiting;
        if (oldest === undefined) return undefined;
        return queue.isStanding(oldest.since, now) ? waiting.pop() : waiting.shift();
      };

      const startWaiting = (): void => {
        const now = clock.now();
        while (verifying < options.concurrency) {
          const group = next(now);
          if (group === undefined) break;
          if (!group.calls.some((call) => call.open)) {
            held -= group.calls.length;
            groups.delete(group.token);
            continue;
          }
          queue.leave(group.calls, now);
          group.startedAt = now;
          verifying++;
          void verifier.verify(group.token).then(
            (outcome) => finish(group, outcome),
            (error) => finish(group, error),
          );
        }
        queue.ahead = waiting.length / options.concurrency;
      };

      const finish = (group: Group, outcome: unknown): void => {
        groups.delete(group.token);
        verifying--;
        held -= group.calls.length;
        const now = clock.now();
        queue.served(now - group.startedAt);
        for (const call of group.calls) {
          if (!call.open) continue;
          call.verifyEndedAt = now;
          if (!isOutcome(outcome)) fail(call, refusals, outcome);
          else if (apply(call, outcome, refusals)) verified.push(call);
        }
        startWaiting();
        if (flushing) return;
        flushing = true;
        clock.endOfTurn(flush);
      };

      const flush = (): void => {
        const batch = verified;
        verified = [];
        flushing = false;
        if (batch.length > 0) out.next(batch);
        completeIfDone();
      };

      return batches.subscribe({
        next(batch) {
          const startedAt = clock.now();
          const onward: Call[] = [];
          for (const call of batch) {
            const { token } = call;
            if (!call.open || token === undefined) continue;
            call.verifyStartedAt = startedAt;
            try {
              const isFull =
                queue.isTooLong(call, startedAt) || lookupQueue.isTooLong(call, startedAt);
              const known = verifier.peek(token, isFull);
              if (known === undefined && isFull) refuseAsTooLong(call, refusals);
              else if (known === undefined) enqueue(token, call, startedAt);
              else if (apply(call, known, refusals)) onward.push(call);
            } catch (error) {
              fail(call, refusals, error);
            }
          }
          // One reading of the clock for the batch; each hit is charged its share of it.
          const share = (clock.now() - startedAt) / batch.length;
          for (const call of onward) call.verifyEndedAt = startedAt + share;
          if (waiting.length > 0) startWaiting();
          if (onward.length > 0) out.next(onward);
        },
        error: (error) => out.error(error),
        complete() {
          sourceDone = true;
          completeIfDone();
        },
      });
    });
}

const MIN_PRUNE_LENGTH = 1024;

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
