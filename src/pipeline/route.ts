import type { PolicyResolver } from '../domain/ports.ts';
import type { Refusals } from './refusals.ts';
import { eachOpen, type Stage } from './stage.ts';

/** Stage: says what holds for each check. */
export function route(policy: PolicyResolver, refusals: Refusals): Stage {
  return eachOpen(refusals, (call) => {
    call.requirement = policy.resolve(call.check);
    return true;
  });
}
