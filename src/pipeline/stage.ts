import { map, type OperatorFunction } from 'rxjs';
import type { Call } from '../domain/call.ts';
import type { Refusals } from './refusals.ts';

/** Takes and gives batches of open calls. Calls it settles do not come out. Never errors. */
export type Stage = OperatorFunction<readonly Call[], readonly Call[]>;

/**
 * A stage that looks at one call at a time. `work` says whether the call goes on; a call for which
 * it throws is settled as `internal`, the others of the batch are not touched.
 */
export function eachOpen(refusals: Refusals, work: (call: Call) => boolean): Stage {
  return map((batch: readonly Call[]) => {
    const onward: Call[] = [];
    for (const call of batch) {
      if (!call.open) continue;
      try {
        if (work(call)) onward.push(call);
      } catch (error) {
        fail(call, refusals, error);
      }
    }
    return onward;
  });
}

/** Settles a call for which our own code failed. */
export function fail(call: Call, refusals: Refusals, error: unknown): void {
  call.detail = error instanceof Error ? error.name : 'unknown_throw';
  call.settle(refusals.of('internal', call));
}

/** Settles a call that would wait longer than it may. */
export function refuseAsTooLong(call: Call, refusals: Refusals): void {
  call.detail = 'queue_too_long';
  call.settle(refusals.of('overload', call));
}
