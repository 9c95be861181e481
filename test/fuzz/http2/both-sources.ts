import { Subject } from 'rxjs';
import type { Call } from '../../../src/domain/call.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import { allow } from '../../../src/domain/decision.ts';
import type { CheckSource } from '../../../src/domain/ports.ts';
import { GrpcJsSource } from '../../../src/sources/grpc-js/source.ts';
import { Http2Source } from '../../../src/sources/http2/source.ts';
import { RecordingLogger } from '../../support/logger.ts';
import { GRPC_OPTIONS } from '../../support/transport.ts';
import { DifferentialPeer, type Heard } from './differential-peer.ts';
import { MAX_STREAMS } from './exchange.ts';
import { cutsOf } from './random.ts';

/** What came of all that was sent. */
export interface Seen extends Heard {
  /** What was handed out of Checks, in no order. */
  readonly calls: readonly string[];
}

export interface Exchange {
  /** What is sent, step by step: each when there is no more answer to the one before. */
  readonly steps: readonly Buffer[];
  /** Where the bytes of all of them are cut; 0 = nowhere. */
  readonly cuts?: number;
}

/** A source on a port of its own, whose Checks are answered at once with what they asked. */
export class AnsweringSource implements AsyncDisposable {
  readonly #source: CheckSource;
  readonly #calls: string[] = [];
  #port = 0;

  constructor(Source: typeof Http2Source | typeof GrpcJsSource) {
    const readiness = { ready: true, changes: new Subject<boolean>() };
    const options = { ...GRPC_OPTIONS, maxConcurrentStreams: MAX_STREAMS };
    this.#source = new Source(options, readiness, systemClock, new RecordingLogger());
    this.#source.calls.subscribe((batch) => {
      for (const call of batch) this.#answer(call);
    });
  }

  async start(): Promise<this> {
    this.#port = (await this.#source.start()).port;
    return this;
  }

  async exchange({ steps, cuts = 0 }: Exchange): Promise<Seen> {
    this.#calls.length = 0;
    await using peer = new DifferentialPeer(this.#port);
    let heard: Heard = { streams: {}, isEnded: false };
    for (const bytes of steps) {
      const pieces = cuts === 0 ? [bytes.length] : cutsOf(bytes.length, cuts);
      heard = await peer.say(bytes, pieces);
      if (heard.isEnded) break;
    }
    return { ...heard, calls: this.#calls.toSorted() };
  }

  #answer(call: Call): void {
    const { path, fault } = call.check;
    this.#calls.push(
      [path || '-', fault ?? [], call.check.rpcHeader('x-request-id') ?? []].flat().join(' '),
    );
    const decision = allow('success', [['x-asked', path || '-']], []);
    if (call.settle(decision)) call.responder.reply(decision);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source.drain(0);
  }
}

/** The source that is tested, and the library's. */
export const startBoth = async () => ({
  ours: await new AnsweringSource(Http2Source).start(),
  theirs: await new AnsweringSource(GrpcJsSource).start(),
});

/** In words. What was under way when a connection ended is left out: that is a matter of luck. */
export function inWords({ streams, calls, isEnded }: Seen): string {
  if (isEnded) return 'ended';
  const outcomes = Object.entries(streams).map(([id, outcome]) => `${id}: ${outcome}`);
  return [...outcomes, ...calls.map((call) => `asked ${call}`)].join(', ') || 'nothing';
}
