import { Observable } from 'rxjs';
import type { Call } from '../domain/call.ts';
import type { Fault, Identity } from '../domain/claims.ts';
import type { Clock } from '../domain/clock.ts';
import type { TokenVerifier } from '../domain/ports.ts';
import type { Queue } from './queue.ts';
import type { Refusals } from './refusals.ts';
import { fail, type Stage } from './stage.ts';

export interface VerifyOptions {
  /** Verifications at once, at least 1 (GRPC_NUM_STREAM_WORKERS). */
  readonly concurrency: number;
}

/**
 * Stage: from token to identity.
 *
 *     batch ──▶ peek ──▶ known at once ─────────────────────────▶ the same batch goes on
 *                 └────▶ waiting: token ─▶ calls ─▶ verifying ──▶ gathered to the end of the turn
 *
 * Calls with the same token share one verification. A token all of whose callers have left by the
 * time it is its turn is not verified. How many may wait is bounded by admission.
 */
export function verify(
  options: VerifyOptions,
  verifier: TokenVerifier,
  clock: Clock,
  refusals: Refusals,
  queue: Queue,
): Stage {
  return (batches) =>
    new Observable((out) => {
      const waiting = new Map<string, Call[]>();
      const verifying = new Map<string, Call[]>();
      let held = 0;
      let pruneAt = MIN_PRUNE_LENGTH;
      let verified: Call[] = [];
      let flushing = false;
      let sourceDone = false;

      const completeIfDone = (): void => {
        if (sourceDone && waiting.size + verifying.size === 0 && !flushing) out.complete();
      };

      const enqueue = (token: string, call: Call, now: number): void => {
        const together = verifying.get(token) ?? waiting.get(token);
        if (together === undefined) waiting.set(token, [call]);
        else together.push(call);
        if (!verifying.has(token)) queue.enter(call, now);
        if (++held >= pruneAt) prune();
      };

      /** While keys cannot be had nothing finishes, so what has closed must go another way. */
      const prune = (): void => {
        held = 0;
        for (const tokens of [waiting, verifying]) {
          for (const [token, calls] of tokens) {
            const open = calls.filter((call) => call.open);
            held += open.length;
            if (open.length > 0 || tokens === verifying) tokens.set(token, open);
            else tokens.delete(token);
          }
        }
        pruneAt = Math.max(2 * held, MIN_PRUNE_LENGTH);
      };

      const startWaiting = (): void => {
        for (const [token, calls] of waiting) {
          if (verifying.size >= options.concurrency) return;
          waiting.delete(token);
          if (!calls.some((call) => call.open)) {
            held -= calls.length;
            continue;
          }
          queue.leave(calls, clock.now());
          verifying.set(token, calls);
          void verifier.verify(token).then(
            (outcome) => finish(token, outcome),
            (error) => finish(token, error),
          );
        }
      };

      const finish = (token: string, outcome: unknown): void => {
        const calls = verifying.get(token) ?? [];
        verifying.delete(token);
        held -= calls.length;
        const now = clock.now();
        for (const call of calls) {
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
              const known = verifier.peek(token);
              if (known === undefined) enqueue(token, call, startedAt);
              else if (apply(call, known, refusals)) onward.push(call);
            } catch (error) {
              fail(call, refusals, error);
            }
          }
          // One reading of the clock for the batch; each hit is charged its share of it.
          const share = (clock.now() - startedAt) / batch.length;
          for (const call of onward) call.verifyEndedAt = startedAt + share;
          startWaiting();
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
