import { expect, it } from 'vitest';
import { until } from '../../support/until.ts';
import { framed } from '../sources/clients.ts';
import {
  check,
  data,
  Flag,
  frame,
  GRPC_BLOCK,
  headers,
  literal,
  NOTHING,
  open,
  openPath,
  priority,
  reset,
  Setting,
  settings,
  Type,
  windowUpdate,
} from './frames.ts';
import { framesOf, goAways, OK, resets, settle, startRig } from './rig.ts';
import {
  ANSWERED,
  IDLE,
  NEXT,
  OPEN,
  ofConnection,
  peerInAllStates,
  REFUSED_SO_FAR,
  RESET_BY_US,
} from './states.ts';

const ONE_BYTE = Buffer.alloc(1);
const WATCH = '/grpc.health.v1.Health/Watch';
/** Of DATA that says how we are: a prefix of five bytes, a field of two. */
const STATUS_BYTES = 7;

function withReservedBit(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  changed[5] = 0x80;
  return changed;
}

it.each(
  Object.entries({
    'a frame of an unknown type': frame(0xfa, 0xff, IDLE, Buffer.alloc(100)),
    'an unknown setting': settings([0xfafa, 0xffff_ffff]),
    'a table for a peer that has none': settings([1, 0xffff_ffff]),
    'PRIORITY of a stream that is idle': priority(IDLE, 3),
    'PRIORITY of a stream that is closed': priority(ANSWERED, 3),
    'WINDOW_UPDATE of a stream that is closed': windowUpdate(ANSWERED, 1),
    'WINDOW_UPDATE by 0 of a stream that is closed': windowUpdate(ANSWERED, 0),
    'RST_STREAM of a stream that is closed': reset(ANSWERED),
    'DATA of a stream that we have reset': data(RESET_BY_US, ONE_BYTE, Flag.END_STREAM),
    'HEADERS of a stream that we have reset': headers(RESET_BY_US, GRPC_BLOCK, Flag.END_STREAM),
    'RST_STREAM of a stream that we have reset': reset(RESET_BY_US),
    GOAWAY: ofConnection(Type.GOAWAY, Buffer.alloc(8)),
    'a PING that we have not sent': frame(Type.PING, Flag.ACK, 0, Buffer.alloc(8)),
    'flags that a type has not': frame(Type.PING, 0xfe, 0, Buffer.alloc(8)),
    'the bit before the id of a stream': withReservedBit(data(OPEN, ONE_BYTE)),
    'windows of 0': settings([Setting.INITIAL_WINDOW_SIZE, 0]),
    'empty DATA': data(OPEN, NOTHING),
    'a value of no length': open(NEXT, [['a', '']]),
    'a value that is no text': open(NEXT, [['a', '\x80\xff']]),
    'a change of the table before a field': headers(
      NEXT,
      Buffer.concat([Buffer.from([0x20, 0x3f, 0xe1, 0x1f]), GRPC_BLOCK, literal('a', 'b')]),
    ),
  }),
)('%s does no harm', async (_, bytes) => {
  await using rig = await startRig();
  await using peer = await peerInAllStates(rig);
  peer.socket.write(bytes);
  await peer.ping();
  expect(goAways(peer)).toEqual([]);
  expect(resets(peer)).toHaveLength(1);
  expect(rig.refused).toEqual(REFUSED_SO_FAR);
  expect(rig.openCalls).toBe(1);
  expect(peer.closed).toBe(false);
});

it('a window that settings make negative is a window again once it is widened', async () => {
  await using rig = await startRig();
  await using peer = await rig.greeted();
  peer.socket.write(Buffer.concat([openPath(1, WATCH), data(1, framed(NOTHING), Flag.END_STREAM)]));
  const told = () => framesOf(peer, 1).filter(({ type }) => type === Type.DATA).length;
  await until(() => told() === 1);

  peer.socket.write(settings([Setting.INITIAL_WINDOW_SIZE, 0]));
  await peer.ping();
  rig.setReady(false);
  // The first is what was sent already; then nothing is missing but a byte.
  for (const increment of [STATUS_BYTES, STATUS_BYTES - 1]) {
    peer.socket.write(windowUpdate(1, increment));
    await peer.ping();
  }
  const bytes = () =>
    framesOf(peer, 1)
      .filter(({ type }) => type === Type.DATA)
      .reduce((sum, { payload }) => sum + payload.length, 0);
  expect(bytes()).toBe(2 * STATUS_BYTES - 1);
  peer.socket.write(windowUpdate(1, 1));
  await peer.ping();
  expect(bytes()).toBe(2 * STATUS_BYTES);
  expect(rig.refused).toEqual({});
});

it('what settings close they also open', async () => {
  await using rig = await startRig();
  await using peer = await rig.greeted();
  peer.socket.write(Buffer.concat([settings([Setting.INITIAL_WINDOW_SIZE, 0]), check(1)]));
  await until(() => rig.calls.length === 1);
  for (const call of rig.calls) settle(call, OK);
  await peer.ping();
  expect(framesOf(peer, 1)).toMatchObject([{ type: Type.HEADERS }]);
  peer.socket.write(settings([Setting.INITIAL_WINDOW_SIZE, 10]));
  await peer.ping();
  expect(framesOf(peer, 1)).toMatchObject([
    { type: Type.HEADERS },
    { type: Type.DATA, payload: { length: 10 } },
  ]);
  peer.socket.write(settings([Setting.INITIAL_WINDOW_SIZE, 1000]));
  await peer.ping();
  expect(framesOf(peer, 1).at(-1)).toMatchObject({
    type: Type.HEADERS,
    flags: Flag.END_HEADERS | Flag.END_STREAM,
  });
});
