import type { Settled } from '../domain/call.ts';
import { refuse } from '../domain/decision.ts';
import { Counter, type Instrument } from '../domain/instrument.ts';
import type { OutcomeSink } from '../domain/ports.ts';

const FALLBACK = refuse('internal');

/** Answers the callers. One that cannot be given its decision is refused; the others are not held up. */
export class ReplySink implements OutcomeSink {
  readonly name = 'reply';
  readonly #failures = new Counter({
    name: 'ext_authz_reply_failures_total',
    help: 'Replies that could not be made of the decision; the check was refused instead.',
  });
  readonly instruments: readonly Instrument[] = [this.#failures];

  settled(batch: readonly Settled[]): void {
    for (const call of batch) {
      try {
        call.responder.reply(call.decision);
      } catch {
        this.#failures.value++;
        this.#refuse(call);
      }
    }
  }

  #refuse(call: Settled): void {
    try {
      call.responder.reply(FALLBACK);
    } catch {
      // The transport has failed, and with it the way to tell anyone.
    }
  }
}
