import { allow, type Decision, refuse } from '../../src/domain/decision.ts';
import { isAllow, type Reason } from '../../src/domain/reason.ts';

/** A decision for that reason, with nothing in it that depends on a request. */
export function decisionOf(reason: Reason): Decision {
  return isAllow(reason) ? allow(reason, [], []) : refuse(reason);
}
