import type { PolicyResolver } from '../domain/ports.ts';
import type { Refusals } from './refusals.ts';
import { eachOpen, type Stage } from './stage.ts';

/** Stage: says what holds for each check. */
export function route(policy: PolicyResolver, refusals: Refusals): Stage {
  return eachOpen(refusals, (call) => {
    const found = policy.resolve(call.check);
    if (!('kind' in found)) {
      call.requirement = found;
      return true;
    }
    // What cannot be read at all is told so by the next stage.
    if (call.check.fault !== undefined) return true;
    call.detail = found.detail;
    call.settle(refusals.of(found.reason, call));
    return false;
  });
}
