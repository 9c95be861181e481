import type { Settled } from '../domain/call.ts';
import { allow, type Decision } from '../domain/decision.ts';
import { Counter, Gauge, type Instrument } from '../domain/instrument.ts';
import type { Component, Logger, OutcomeSink } from '../domain/ports.ts';
import { isAllow, type Reason, reasonNames, reasons } from '../domain/reason.ts';

const WARNING = 'SHADOW_MODE is true: every check is allowed, whatever is decided';

/**
 * What /ready and the metrics say of SHADOW_MODE. The gauge is there in either mode: an alert on a
 * series that is absent would be one on nothing.
 */
export function tellOfShadow(isOn: boolean, environment: string) {
  const about = {
    name: 'ext_authz_shadow_mode',
    help: '1 where SHADOW_MODE lets every check pass, by ENVIRONMENT.',
    labels: { environment },
    merge: 'max',
  } as const;
  const component: Component = { name: 'shadow_mode', state: 'degraded', detail: WARNING };
  return {
    instruments: [new Gauge(about, () => Number(isOn))],
    components: isOn ? [component] : [],
  };
}

/**
 * Answers in place of the ReplySink where SHADOW_MODE is on: every caller is allowed, and no header
 * of its request touched, for another service sets them. What was decided stays with the call, so
 * that all other sinks tell it as ever; and Envoy's access log reads it from dynamic_metadata, whose
 * fields are not those of an answer that counts: both filters may write under the same name.
 */
export class ShadowReplySink implements OutcomeSink {
  readonly name = 'reply';
  readonly instruments: readonly Instrument[];
  readonly #answers = ofEach(shadowOf);
  readonly #passed = ofEach(
    (reason) =>
      new Counter({
        name: 'ext_authz_shadow_passed_total',
        help: 'Checks that SHADOW_MODE let pass, by what was decided.',
        labels: { result: reasons[reason].result, reason },
      }),
  );

  constructor(logger: Logger) {
    logger.warn({}, WARNING);
    this.instruments = reasonNames
      .filter((reason) => !isAllow(reason))
      .map((reason) => this.#passed[reason]);
  }

  settled(batch: readonly Settled[]): void {
    for (const { responder, decision } of batch) {
      this.#passed[decision.reason].value++;
      try {
        responder.reply(this.#answers[decision.reason]);
      } catch {
        // The transport has failed, and with it the way to tell anyone.
      }
    }
  }
}

function shadowOf(reason: Reason): Decision {
  const told = [
    ['shadow_result', reasons[reason].result],
    ['shadow_reason', reason],
  ] as const;
  return allow('success', [], [], [], told);
}

function ofEach<T>(make: (reason: Reason) => T): Readonly<Record<Reason, T>> {
  return Object.fromEntries(reasonNames.map((reason) => [reason, make(reason)])) as Record<
    Reason,
    T
  >;
}
