import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { credentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../../src/domain/clock.ts';
import { type Certificates, makeCertificates } from '../../support/certificates.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/until.ts';
import { framed, GrpcClient, Http2Client } from './clients.ts';
import { Harness, type HarnessOptions, OK, startHarness } from './harness.ts';
import { openPeer } from './raw-peer.ts';

const REREAD_MS = 10_000;
const NOTHING = Buffer.alloc(0);

let ours: Certificates;
let foreign: Certificates;
let folder: string;

beforeAll(async () => {
  [ours, foreign] = await Promise.all([makeCertificates(), makeCertificates()]);
  folder = await mkdtemp(join(tmpdir(), 'sluice-tls-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
  await Promise.all([ours[Symbol.asyncDispose](), foreign[Symbol.asyncDispose]()]);
});

const serverTls = () => ({ certFile: ours.certFile, keyFile: ours.keyFile });
const mutualTls = () => ({ ...serverTls(), clientCaFile: ours.caFile });

interface ClientOptions {
  /** Whose certificate the client shows, if any. */
  readonly as?: Certificates;
}

/** A client that trusts our authority. */
async function openClient(port: number, { as }: ClientOptions = {}): Promise<Http2Client> {
  const client = new Http2Client(`https://127.0.0.1:${port}`, {
    ca: await readFile(ours.caFile),
    ...(as && { cert: await readFile(as.clientCertFile), key: await readFile(as.clientKeyFile) }),
  });
  return client.connected();
}

const check = async (client: Http2Client) => (await client.post(framed(NOTHING))).code;

/** The name in the certificate that the server showed. */
function nameOf({ session }: Http2Client): unknown {
  return (session.socket as TLSSocket).getPeerCertificate().subject.CN;
}

describe('TLS', () => {
  it('serves clients that trust the certificate, and no others', async () => {
    await using harness = await startHarness({ tls: serverTls() });
    const trusting = credentials.createSsl(await readFile(ours.caFile));
    using client = new GrpcClient(`localhost:${harness.port}`, {}, trusting);
    expect((await client.check()).code).toBe(status.OK);

    using plain = new GrpcClient(`localhost:${harness.port}`);
    expect((await plain.check()).code).toBe(status.UNAVAILABLE);
    const wrong = credentials.createSsl(await readFile(foreign.caFile));
    using distrustful = new GrpcClient(`localhost:${harness.port}`, {}, wrong);
    expect((await distrustful.check()).code).toBe(status.UNAVAILABLE);
    expect(harness.calls).toHaveLength(1);
  });

  it('serves nothing but HTTP/2', async () => {
    await using harness = await startHarness({ tls: serverTls() });
    const ca = await readFile(ours.caFile);
    const socket = connectTls({ port: harness.port, host: '127.0.0.1', ca, ALPNProtocols: ['x'] });
    const closed = Promise.withResolvers<void>();
    socket.on('error', () => undefined);
    socket.on('close', () => closed.resolve());
    await closed.promise;
    expect(socket.alpnProtocol).not.toBe('x');
    await using client = await openClient(harness.port);
    expect(await check(client)).toBe(status.OK);
  });

  it.each([
    ['with a reset, before the handshake', 'connect', 'resetAndDestroy'],
    ['before the handshake', 'connect', 'end'],
    ['with a reset, after its part of the handshake', 'secureConnect', 'resetAndDestroy'],
    ['after its part of the handshake', 'secureConnect', 'end'],
  ] as const)('a client that breaks off %s keeps nothing from the others', async (_, at, how) => {
    await using harness = await startHarness({ tls: serverTls() });
    const ca = await readFile(ours.caFile);
    const raw = connect(harness.port, '127.0.0.1');
    const secure = connectTls({ socket: raw, host: '127.0.0.1', ca, ALPNProtocols: ['h2'] });
    for (const socket of [raw, secure]) socket.on('error', () => undefined);
    (at === 'connect' ? raw : secure).once(at, () => raw[how]());
    await until(() => raw.closed);
    await using client = await openClient(harness.port);
    expect(await check(client)).toBe(status.OK);
  });

  it('rejects the start where the files are of no use, and names them', async () => {
    const [certFile, keyFile] = [join(folder, 'bad.pem'), join(folder, 'bad.key')];
    const start = () => new Harness({ tls: { certFile, keyFile } }).start();
    await expect(start()).rejects.toThrow(certFile);
    await copyFile(ours.certFile, certFile);
    await expect(start()).rejects.toThrow(keyFile);
    await copyFile(foreign.keyFile, keyFile);
    await expect(start()).rejects.toThrow(`${certFile}, ${keyFile}`);
  });

  it('says which address is in use', async () => {
    await using harness = await startHarness({ tls: serverTls() });
    const second = new Harness({ port: harness.port, tls: serverTls() });
    await expect(second.start()).rejects.toThrow(`127.0.0.1:${harness.port}`);
    await second.source.drain(0);
  });
});

describe('mutual TLS', () => {
  const show = async (certificates?: Certificates) => {
    const files = certificates && [certificates.clientKeyFile, certificates.clientCertFile];
    const [key, cert] = await Promise.all((files ?? []).map((file) => readFile(file)));
    return credentials.createSsl(await readFile(ours.caFile), key, cert);
  };

  it('serves clients with a certificate of the authority, and no others', async () => {
    await using harness = await startHarness({ tls: mutualTls() });
    const address = `localhost:${harness.port}`;
    using nobody = new GrpcClient(address, {}, await show());
    expect((await nobody.check()).code).toBe(status.UNAVAILABLE);
    using stranger = new GrpcClient(address, {}, await show(foreign));
    expect((await stranger.check()).code).toBe(status.UNAVAILABLE);
    expect(harness.calls).toEqual([]);
    using client = new GrpcClient(address, {}, await show(ours));
    expect((await client.check()).code).toBe(status.OK);
  });
});

describe('a rotation', () => {
  /** A source whose files can be changed, and are read again when the test says. */
  async function startRotating(options: HarnessOptions = {}) {
    const time = new ManualClock();
    const clock: Clock = { ...systemClock, every: time.every.bind(time) };
    const place = await mkdtemp(join(folder, 'rotating-'));
    const file = (name: string) => join(place, name);
    const tls = {
      certFile: file('cert'),
      keyFile: file('key'),
      ...(options.tls?.clientCaFile !== undefined && { clientCaFile: file('ca') }),
    };
    const put = async (certificate: string, key: string, ca: string) => {
      await copyFile(ca, file('ca'));
      await copyFile(key, tls.keyFile);
      await copyFile(certificate, tls.certFile);
    };
    await put(ours.certFile, ours.keyFile, ours.caFile);
    const harness = await startHarness({ ...options, clock, tls });
    return { harness, time, tls, put };
  }

  it('is for new connections, while the old ones live on, and can be taken back', async () => {
    const { harness, time, put } = await startRotating();
    await using _ = harness;
    await using before = await openClient(harness.port);
    expect(nameOf(before)).toBe('server');

    await put(ours.clientCertFile, ours.clientKeyFile, ours.caFile);
    time.advance(REREAD_MS);
    await until(() => harness.logger.lines.length === 1);
    await using after = await openClient(harness.port);
    expect(nameOf(after)).toBe('client');
    expect(await check(before)).toBe(status.OK);
    expect(await check(after)).toBe(status.OK);

    await put(ours.certFile, ours.keyFile, ours.caFile);
    time.advance(REREAD_MS);
    await until(() => harness.logger.lines.length === 2);
    await using again = await openClient(harness.port);
    expect(nameOf(again)).toBe('server');
    expect(harness.logger.lines.map(({ level }) => level)).toEqual(['info', 'info']);
    await harness.source.drain(0);
    expect(time.pending).toBe(0);
  });

  it('seen half-way changes nothing', async () => {
    const { harness, time, tls } = await startRotating();
    await using _ = harness;
    await copyFile(ours.clientCertFile, tls.certFile);
    time.advance(REREAD_MS);
    await until(() => harness.logger.lines.length === 1);
    expect(harness.logger.lines).toMatchObject([{ level: 'warn' }]);
    await using client = await openClient(harness.port);
    expect(nameOf(client)).toBe('server');
    expect(await check(client)).toBe(status.OK);
  });

  it('of the authorities is for new connections too, and not undone by a resumed session', async () => {
    const { harness, time, tls } = await startRotating({ tls: mutualTls() });
    await using _ = harness;
    const old = await openClient(harness.port, { as: ours });
    const sessions: Buffer[] = [];
    (old.session.socket as TLSSocket).on('session', (session) => sessions.push(session));
    expect(await check(old)).toBe(status.OK);

    await copyFile(foreign.caFile, tls.clientCaFile as string);
    time.advance(REREAD_MS);
    await until(() => harness.logger.lines.length === 1);
    expect(await check(old)).toBe(status.OK);
    await old[Symbol.asyncDispose]();

    const ca = await readFile(ours.caFile);
    for (const session of [undefined, ...sessions]) {
      const client = new Http2Client(`https://127.0.0.1:${harness.port}`, {
        ca,
        cert: await readFile(ours.clientCertFile),
        key: await readFile(ours.clientKeyFile),
        ...(session && { session }),
      });
      expect(await check(client)).toBeUndefined();
      await client[Symbol.asyncDispose]();
    }
    await using theirs = await openClient(harness.port, { as: foreign });
    expect(await check(theirs)).toBe(status.OK);
  });
});

describe('a drain', () => {
  it('answers what is open over TLS, and cuts off a handshake that does not end', async () => {
    const time = new ManualClock();
    const clock: Clock = { ...systemClock, after: time.after.bind(time) };
    await using harness = await startHarness({ clock, tls: serverTls(), answer: () => undefined });
    await using client = await openClient(harness.port);
    await using shy = await openPeer(harness.port);
    const outcome = check(client);
    await until(() => harness.calls.length === 1);
    const drained = harness.source.drain(10_000);
    harness.calls[0]?.settle(OK);
    expect(await outcome).toBe(status.OK);
    expect(shy.closed).toBe(false);
    time.advance(10_000);
    await drained;
    await until(() => shy.closed);
  });

  it('is not held up by a connection whose handshake ends only then', async () => {
    await using harness = await startHarness({ tls: serverTls() });
    const ca = await readFile(ours.caFile);
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const late = connectTls({ port: harness.port, host: '127.0.0.1', ca, ALPNProtocols: ['h2'] });
    late.on('error', () => undefined);
    late.on('close', () => resolve());
    late.resume();
    // The client is done a message earlier than the server.
    late.on('secureConnect', () => void harness.source.drain(600_000));
    await closed;
    await harness.source.drain(0);
  });
});
