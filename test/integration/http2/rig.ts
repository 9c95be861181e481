import { Subject } from 'rxjs';
import type { Call } from '../../../src/domain/call.ts';
import { type Clock, systemClock } from '../../../src/domain/clock.ts';
import { allow, type Decision } from '../../../src/domain/decision.ts';
import type { GrpcOptions } from '../../../src/sources/grpc-options.ts';
import { Http2Source } from '../../../src/sources/http2/source.ts';
import { RecordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { GRPC_OPTIONS } from '../../support/transport.ts';
import { until } from '../../support/until.ts';
import { framed, Http2Client, type Http2Outcome } from '../sources/clients.ts';
import { type Frame, openPeer, type RawPeer } from '../sources/raw-peer.ts';
import { NOTHING, Type } from './frames.ts';

export const OK: Decision = allow('success', [['x-user-id', 'alice']], []);

const MINE = 'x-victim';
const REFUSED = 'ext_authz_transport_refused_total';
const CONNECTIONS = 'ext_authz_connections';
/** After so much of it a peer is asked whether it is there. */
const SILENCE_MS = 60_000;

export interface RigOptions extends Partial<GrpcOptions> {
  /** What a call gets that is no victim's; undefined = it stays open, which is the default. */
  readonly answer?: (call: Call) => Decision | undefined;
}

/**
 * The source with the clock in the test's hand: no budget fills up and no timeout passes unless the
 * test says so. Only the drain and the end of a turn are on real time.
 */
export class Rig implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly source: Http2Source;
  readonly readiness = { ready: true, changes: new Subject<boolean>() };
  /** Those that are no victim's. */
  readonly calls: Call[] = [];
  port = 0;

  constructor({ answer = () => undefined, ...options }: RigOptions = {}) {
    const clock: Clock = {
      ...systemClock,
      now: () => this.clock.now(),
      every: (ms, task) => this.clock.every(ms, task),
    };
    const all = { ...GRPC_OPTIONS, ...options };
    this.source = new Http2Source(all, this.readiness, clock, new RecordingLogger());
    this.source.calls.subscribe((batch) => {
      for (const call of batch) {
        const isVictims = call.check.rpcHeader(MINE) !== undefined;
        if (!isVictims) this.calls.push(call);
        const decision = isVictims ? OK : answer(call);
        if (decision !== undefined) settle(call, decision);
      }
    });
  }

  /** What was counted, by class; those at 0 are left out. */
  get refused(): Readonly<Record<string, number>> {
    const counted: Record<string, number> = {};
    for (const instrument of this.source.instruments) {
      if (instrument.type !== 'counter' || instrument.about.name !== REFUSED) continue;
      const { about, value } = instrument;
      if (value > 0) counted[about.labels?.class ?? ''] = value;
    }
    return counted;
  }

  get connections(): number {
    const gauge = this.source.instruments.find(({ about }) => about.name === CONNECTIONS);
    return gauge?.type === 'gauge' ? gauge.read() : Number.NaN;
  }

  get openCalls(): number {
    return this.calls.filter(({ open }) => open).length;
  }

  async start(): Promise<this> {
    this.port = (await this.source.start()).port;
    return this;
  }

  /** A peer that has said nothing. */
  async connected(options?: { allowHalfOpen: boolean }): Promise<RawPeer> {
    const peer = await openPeer(this.port, options);
    // Else what is written in two goes comes 40 ms apart.
    peer.socket.setNoDelay(true);
    return peer;
  }

  async greeted(options?: { allowHalfOpen: boolean }): Promise<RawPeer> {
    return (await this.connected(options)).greet();
  }

  victim(): Promise<Victim> {
    return new Victim(this.port).connected();
  }

  setReady(ready: boolean): void {
    this.readiness.ready = ready;
    this.readiness.changes.next(ready);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.source.drain(0);
  }
}

export const startRig = (options?: RigOptions): Promise<Rig> => new Rig(options).start();

export function settle(call: Call, decision: Decision): void {
  if (call.settle(decision)) call.responder.reply(decision);
}

/** A caller that does nothing wrong, on one connection of its own that it never makes anew. */
export class Victim implements AsyncDisposable {
  readonly #client: Http2Client;

  constructor(port: number) {
    this.#client = new Http2Client(`http://127.0.0.1:${port}`);
  }

  async connected(): Promise<this> {
    await this.#client.connected();
    return this;
  }

  ask(body: Uint8Array = framed(NOTHING)): Promise<Http2Outcome> {
    return this.#client.post(body, { [MINE]: 'yes' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }
}

/** Codes of the frames that end a connection or a stream, with what they are about. */
export const goAways = (peer: RawPeer): readonly { last: number; code: number }[] =>
  peer.of(Type.GOAWAY).map(({ payload }) => ({
    last: payload.readUInt32BE(0),
    code: payload.readUInt32BE(4),
  }));

export const resets = (peer: RawPeer): readonly { stream: number; code: number }[] =>
  peer
    .of(Type.RST_STREAM)
    .map(({ stream, payload }) => ({ stream, code: payload.readUInt32BE(0) }));

export const framesOf = (peer: RawPeer, stream: number): readonly Frame[] =>
  peer.frames.filter((frame) => frame.stream === stream);

/** Everything of a peer that was thrown out is gone, and the others are as they were. */
export async function expectGone(rig: Rig, peer: RawPeer, others: number): Promise<void> {
  await until(() => peer.closed && rig.connections === others && rig.openCalls === 0);
}

/** As `ms` at once, but with time for the peer to say that it is there. */
export async function live(rig: Rig, peer: RawPeer, ms: number): Promise<void> {
  const step = SILENCE_MS / 2;
  for (let left = ms; left > 0; left -= step) {
    rig.clock.advance(Math.min(left, step));
    if (left > step) await peer.ping();
  }
}

/** Time for what a peer has written to be read: that of another one, three times there and back. */
export async function turns(rig: Rig): Promise<void> {
  await using other = await rig.greeted();
  for (let round = 0; round < 3; round++) await other.ping();
}
