import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CHECK_PATH } from '../../../src/sources/codec/check-request.ts';
import { prefixed } from '../../../src/sources/http2/reply.ts';
import type { Fault, Group, Rig } from '../fault.ts';
import { redisRig } from '../rigs.ts';

const SCRAPERS = 50;
const CONNECTIONS = 200;
const AGAIN_MS = 200;
const TEN_MB = 10_485_760;
const BIG_AT_ONCE = 4;
const CHECK_HEADERS = {
  ...{ ':method': 'POST', ':path': CHECK_PATH },
  ...{ 'content-type': 'application/grpc', te: 'trailers' },
};
const tenMegabytes = prefixed(Buffer.alloc(TEN_MB));
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** Something that others do, again and again, while somebody else asks; it must not be felt. */
function during(name: string, task: (rig: Rig, signal: AbortSignal) => Promise<void>): Fault {
  let over = new AbortController();
  let running: Promise<void> = Promise.resolve();
  return {
    ...{ name, expect: { redis: 'usable' } },
    async inject(rig) {
      over = new AbortController();
      running = task(rig, over.signal);
    },
    async heal() {
      over.abort();
      await running;
    },
  };
}

/** They ask for /metrics and read nothing of it. */
export const slowScrapers = during(
  '/metrics, asked for by 50 who do not read',
  async (rig, signal) => {
    const { hostname, port } = new URL(rig.adminUrl);
    const sockets: Socket[] = [];
    while (!signal.aborted) {
      for (const socket of sockets.splice(0, SCRAPERS / 5)) socket.destroy();
      while (sockets.length < SCRAPERS) {
        const socket = open(Number(port), hostname);
        socket.pause();
        socket.write(`GET /metrics HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`.repeat(10));
        sockets.push(socket);
      }
      await sleep(AGAIN_MS);
    }
    for (const socket of sockets) socket.destroy();
  },
);

/** Half of them have begun to speak by then. */
export const droppedConnections = during(
  '200 connections opened and dropped, 5 times a second',
  async ({ addresses: [address = ''] }, signal) => {
    const [host = '', port] = address.split(':');
    while (!signal.aborted) {
      const sockets = Array.from({ length: CONNECTIONS }, () => open(Number(port), host));
      await Promise.all(sockets.map((socket) => once(socket, 'connect').catch(() => undefined)));
      for (const [i, socket] of sockets.entries()) if (i % 2 === 0) socket.write(PREFACE);
      await sleep(AGAIN_MS);
      for (const socket of sockets) socket.resetAndDestroy();
    }
  },
);

function open(port: number, host: string): Socket {
  const socket = connect(port, host);
  socket.on('error', () => undefined); // it may be thrown out
  return socket;
}

export const bigRequests = during(
  'requests of 10 MB, 4 at a time',
  async ({ addresses: [address = ''] }, signal) => {
    const session = connectHttp2(`http://${address}`);
    session.on('error', () => undefined);
    const ask = async () => {
      if (session.destroyed) return sleep(AGAIN_MS); // its end is seen by those who ask properly
      const stream = session.request(CHECK_HEADERS);
      stream.on('error', () => undefined); // it is refused
      stream.resume().end(tenMegabytes);
      await Promise.race([once(stream, 'close'), sleep(AGAIN_MS)]).catch(() => undefined);
      return undefined;
    };
    const askOn = async () => {
      while (!signal.aborted) await ask();
    };
    await Promise.all(Array.from({ length: BIG_AT_ONCE }, askOn));
    session.destroy();
  },
);

export const peers: Group = {
  name: 'other peers',
  start: redisRig,
  faults: [slowScrapers, droppedConnections, bigRequests],
};
