import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duplex, type Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { envoyConfig } from '../../scripts/lib/envoy-config.ts';
import { type Envoy, startEnvoy } from '../support/envoy.ts';
import { all, type Edit, PATIENT_SETTINGS, patient, swap } from '../support/envoy-edits.ts';
import { http } from '../support/http.ts';
import { type Sluice, startSluice } from '../support/sluice.ts';
import { bearer, token } from '../support/stack.ts';
import { missing } from '../support/tools.ts';
import { until } from '../support/until.ts';
import { startValkey, type Valkey } from '../support/valkey.ts';

/* What lasts longer than its check: WebSockets and server-sent events, on the routes made for them. */

const JTI = 'of-a-stream';
const UPGRADE = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };

/** Answers every upgrade with an echo, and every request with events that never end. */
function startStreams(): Promise<Server> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const timer = setInterval(() => response.write('data: x\n\n'), 20);
    response.on('close', () => clearInterval(timer));
  });
  server.on('upgrade', (_, socket) => {
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    );
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** A stream that is under way, and how much has come of it. */
class Stream {
  received = '';
  isOver = false;
  readonly #socket: Readable;

  constructor(socket: Readable) {
    this.#socket = socket;
    socket.on('data', (bytes) => {
      this.received += bytes;
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isOver = true;
    });
  }

  /** Resolves when more of it has come; of an echo, by what is sent. */
  async more(): Promise<void> {
    const before = this.received.length;
    if (this.#socket instanceof Duplex) this.#socket.write('x');
    await until(() => this.received.length > before);
  }

  end(): void {
    this.#socket.destroy();
  }
}

const open = (envoy: Envoy, path: string, jti: string): Promise<Stream> =>
  new Promise((resolve, reject) => {
    const headers = { ...bearer(token({ jti })), ...(path === '/socket' && UPGRADE) };
    const sent = request(`${envoy.url()}${path}`, { headers, agent: false });
    sent.on('upgrade', (_, socket) => resolve(new Stream(socket)));
    sent.on('response', (response) => resolve(new Stream(response)));
    sent.on('error', reject);
    sent.end();
  });

describe.skipIf(missing('envoy', 'valkey')).each(['/socket', '/events'])('%s', (path) => {
  const started = new AsyncDisposableStack();
  let valkey: Valkey;
  let sluice: Sluice;
  let config: (...edits: readonly Edit[]) => string;

  beforeAll(async () => {
    valkey = started.use(await startValkey());
    sluice = started.use(await startSluice({ ...PATIENT_SETTINGS, AUTH_REDIS_URL: valkey.url }));
    await until(async () => (await sluice.ready()).status === 200);
    const streams = await startStreams();
    started.defer(() => {
      streams.closeAllConnections();
      streams.close();
    });
    const upstream = (streams.address() as AddressInfo).port;
    const ports = { ingress: 0, sluice: sluice.grpcPort, upstream, upstreamGrpc: upstream };
    config = (...edits) => envoyConfig(ports, all(patient, ...edits));
  });
  afterAll(() => started.disposeAsync());

  it('asks for a token', async () => {
    await using envoy = await startEnvoy(config());
    const { status } = await http(`${envoy.url()}${path}`, {
      headers: path === '/socket' ? UPGRADE : {},
    });
    expect(status).toBe(401);
  });

  it('outlives its token being revoked, and a connection that is too old', async () => {
    const old = swap('max_stream_duration: 900s\n', 'max_connection_duration: 0.1s\n');
    const hasty = swap(
      'stat_prefix: ingress',
      'drain_timeout: 0.1s\n                stat_prefix: ingress',
    );
    await using envoy = await startEnvoy(config(old, hasty));
    const stream = await open(envoy, path, `${JTI}${path}`);
    await stream.more();
    await valkey.command('SET', `blacklist:${JTI}${path}`, '1');
    const { status } = await http(envoy.url(), {
      headers: bearer(token({ jti: `${JTI}${path}` })),
    });
    expect(status).toBe(403);
    const aged = 'http.ingress.downstream_cx_max_duration_reached';
    await until(async () => ((await envoy.stats(aged))[aged] ?? 0) > 0);
    await stream.more();
    expect(stream.isOver).toBe(false);
    stream.end();
  });

  it.each([
    ['of its route', swapAll('max_stream_duration: 300s', 'max_stream_duration: 0.5s')],
    [
      'of the listener',
      all(
        swap('max_stream_duration: 900s\n', 'max_stream_duration: 0.5s\n'),
        swapAll('max_stream_duration: { max_stream_duration: 300s }', 'retry_policy: {}'),
      ),
    ],
  ])('is over after the max_stream_duration %s', async (_, edit) => {
    await using envoy = await startEnvoy(config(edit));
    const stream = await open(envoy, path, 'another');
    await stream.more();
    await until(() => stream.isOver);
  });
});

function swapAll(before: string, after: string): Edit {
  return (yaml) => {
    if (!yaml.includes(before)) throw new Error(`${before} is not there`);
    return yaml.replaceAll(before, after);
  };
}
