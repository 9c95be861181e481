import { expect } from 'vitest';
import { until } from '../../support/until.ts';
import type { RawPeer } from '../sources/raw-peer.ts';
import { Code, check, frame, headers, NOTHING, open, reset } from './frames.ts';
import { OK, type Rig, resets, settle } from './rig.ts';

// Streams of the peer below, one in each state that a request can be in.
export const ANSWERED = 1;
/** Its request is whole and its call open. */
export const HANGING = 3;
/** Its request goes on. */
export const OPEN = 5;
/** By us, for want of any header. */
export const RESET_BY_US = 7;
export const RESET_BY_PEER = 9;
/** One that may be opened, and one that nothing is said about. */
export const NEXT = 11;
export const IDLE = 99;

/** Of what the peer below has been refused. */
export const REFUSED_SO_FAR = { stream_error: 1 };

/** The first stream is answered, whatever the rig answers by itself. */
export async function peerInAllStates(rig: Rig): Promise<RawPeer> {
  const peer = await rig.greeted();
  peer.socket.write(check(ANSWERED));
  await until(() => rig.calls.length === 1);
  for (const call of rig.calls) settle(call, OK);
  peer.socket.write(
    Buffer.concat([
      check(HANGING),
      open(OPEN),
      headers(RESET_BY_US, NOTHING),
      open(RESET_BY_PEER),
      reset(RESET_BY_PEER),
    ]),
  );
  await peer.ping();
  expect(resets(peer)).toEqual([{ stream: RESET_BY_US, code: Code.PROTOCOL_ERROR }]);
  expect(rig.refused).toEqual(REFUSED_SO_FAR);
  return peer;
}

/** A frame of the whole connection. */
export const ofConnection = (type: number, payload: Uint8Array = NOTHING): Buffer =>
  frame(type, 0, 0, payload);
