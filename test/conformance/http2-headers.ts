import { once } from 'node:events';
import { connect, sensitiveHeaders } from 'node:http2';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { Flag, FrameType } from '../../src/sources/http2/frame.ts';
import { type FrameHandler, FrameReader } from '../../src/sources/http2/frame-reader.ts';
import { frame } from '../integration/sources/raw-peer.ts';
import { until } from '../support/until.ts';
import type { Pair } from '../unit/sources/http2/hpack/blocks.ts';

const HEADER_TABLE_SIZE = 1;
const PRIORITY_BYTES = 5;

/** Sizes of table that the server sets one after the other, and then requests. */
interface Phase {
  readonly tableBytes: readonly number[];
  readonly requests: readonly HeaderList[];
}

export interface HeaderList {
  readonly fields: Readonly<Record<string, string | string[]>>;
  /** Names of fields that are never to be indexed. */
  readonly sensitive: readonly string[];
}

const text = fc
  .array(fc.integer({ min: 0x20, max: 0xff }), { maxLength: 60 })
  .map((codes) => String.fromCharCode(...codes.filter((code) => code !== 0x7f)).trim());
const value = fc.oneof(
  fc.constantFrom('', '0', '200', 'gzip, deflate', 'application/grpc', 'v'.repeat(2_000)),
  text,
);
const known = fc.constantFrom(
  ...['accept', 'authorization', 'cache-control', 'content-type', 'cookie', 'grpc-timeout'],
  ...['user-agent', 'x-request-id', 'x-a', 'x-b', 'traceparent', `x-${'n'.repeat(200)}`],
);
const name = fc.oneof(known, fc.stringMatching(/^x-[a-z0-9_.-]{0,20}$/));

const headerList: fc.Arbitrary<HeaderList> = fc
  .record({
    path: fc.oneof(fc.constantFrom('/', '/index.html'), fc.stringMatching(/^\/[a-z/]{0,40}$/)),
    method: fc.constantFrom('GET', 'POST', 'PUT'),
    fields: fc.dictionary(name, value, { maxKeys: 12, noNullPrototype: true }),
    repeated: fc.array(value, { maxLength: 3 }),
  })
  .chain(({ path, method, fields, repeated }) => {
    const all = {
      ':method': method,
      ':scheme': 'http',
      ':authority': 'a.example',
      ':path': path,
      ...fields,
      'x-repeated': repeated,
    };
    return fc.record({
      fields: fc.constant(all),
      sensitive: fc.subarray(Object.keys(fields)),
    });
  });

export const randomLists = (seed: number, count: number): readonly HeaderList[] =>
  fc.sample(headerList, { seed, numRuns: count });

export const pairsOf = ({ fields }: HeaderList): Pair[] =>
  Object.entries(fields).flatMap(([key, values]) => [values].flat().map((one): Pair => [key, one]));

/** The header blocks that Node's own client sends for these requests. */
export async function record(phases: readonly Phase[]): Promise<readonly Buffer[]> {
  await using server = await startRecorder();
  const session = connect(`http://127.0.0.1:${server.port}`);
  session.on('error', () => undefined);
  let sent = 0;
  for (const { tableBytes, requests } of phases) {
    await server.resize(tableBytes);
    for (const { fields, sensitive } of requests) {
      const stream = session.request({ ...fields, [sensitiveHeaders]: [...sensitive] });
      stream.on('error', () => undefined);
    }
    sent += requests.length;
    await until(() => server.blocks.length === sent);
  }
  session.destroy();
  return server.blocks;
}

/** A server that answers SETTINGS, and keeps header blocks as they come. */
class Recorder implements FrameHandler {
  readonly blocks: Buffer[] = [];
  socket: Socket | undefined;
  #acks = 0;
  #settings = 0;
  #parts: Buffer[] = [];

  accept(socket: Socket): void {
    this.socket = socket;
    const reader = new FrameReader(this);
    socket.on('data', (chunk) => {
      reader.read(chunk);
      while (reader.isBehind) reader.readOn();
    });
    socket.on('error', () => undefined);
    this.#send(Buffer.alloc(0));
  }

  /** Resolves when the client has agreed. */
  async resize(sizes: readonly number[]): Promise<void> {
    await until(() => this.socket !== undefined);
    for (const size of sizes) {
      const payload = Buffer.alloc(6);
      payload.writeUInt16BE(HEADER_TABLE_SIZE);
      payload.writeUInt32BE(size, 2);
      this.#send(payload);
    }
    await until(() => this.#acks === this.#settings);
  }

  #send(settings: Uint8Array): void {
    this.socket?.write(frame(FrameType.SETTINGS, 0, 0, settings));
    this.#settings++;
  }

  frame(type: number, flags: number, _id: number, bytes: Buffer, start: number, stop: number) {
    if (type === FrameType.SETTINGS) {
      if ((flags & Flag.ACK) !== 0) this.#acks++;
      else this.socket?.write(frame(FrameType.SETTINGS, Flag.ACK, 0));
    } else if (type === FrameType.HEADERS || type === FrameType.CONTINUATION) {
      const hasPriority = type === FrameType.HEADERS && (flags & Flag.PRIORITY) !== 0;
      this.#parts.push(bytes.subarray(hasPriority ? start + PRIORITY_BYTES : start, stop));
      if ((flags & Flag.END_HEADERS) !== 0) this.blocks.push(Buffer.concat(this.#parts.splice(0)));
    }
    return true;
  }

  frameTooLarge(): void {
    throw new Error('a frame above 16,384 bytes');
  }
}

async function startRecorder() {
  const recorder = new Recorder();
  const server = createServer((socket) => recorder.accept(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { blocks } = recorder;
  return {
    port,
    blocks,
    resize: (sizes: readonly number[]) => recorder.resize(sizes),
    [Symbol.asyncDispose]: async () => {
      recorder.socket?.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
