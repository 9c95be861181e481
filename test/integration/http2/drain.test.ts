import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect, it } from 'vitest';
import { makeCertificates } from '../../support/certificates.ts';
import { until } from '../../support/until.ts';
import { framed, Http2Client } from '../sources/clients.ts';
import { check, NOTHING, PREFACE, SETTINGS_ACK, settings, Type } from './frames.ts';
import { goAways, OK, startRig } from './rig.ts';

const DRAIN_MS = 600_000;

it('a connection that waits to be heard when the drain begins is heard, and told to go', async () => {
  await using rig = await startRig({ answer: () => OK });
  await using offender = await rig.connected();
  offender.socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  await until(() => offender.closed);
  await using peer = await rig.connected();
  const drained = rig.source.drain(DRAIN_MS);
  peer.socket.write(Buffer.concat([PREFACE, settings(), SETTINGS_ACK, check(1)]));
  await until(() => peer.closed);
  expect(peer.of(Type.DATA).map(({ stream }) => stream)).toEqual([1]);
  expect(goAways(peer).map(({ code }) => code)).toEqual([0, 0]);
  await drained;
});

it('one that finishes its handshake when the drain has begun is answered, and told to go', async () => {
  await using certificates = await makeCertificates();
  const { certFile, keyFile } = certificates;
  const ca = await readFile(certificates.caFile);
  await using rig = await startRig({ answer: () => OK, tls: { certFile, keyFile } });
  const raw = connect(rig.port, '127.0.0.1');
  await once(raw, 'connect');
  // Whoever came before it has been accepted by now.
  await using other = await new Http2Client(`https://127.0.0.1:${rig.port}`, { ca }).connected();
  const drained = rig.source.drain(DRAIN_MS);
  await using late = new Http2Client(`https://127.0.0.1:${rig.port}`, {
    createConnection: () =>
      connectTls({ socket: raw, host: '127.0.0.1', ca, ALPNProtocols: ['h2'] }),
  });
  expect((await late.post(framed(NOTHING))).code).toBe(0);
  await drained;
  expect([late, other].map(({ session }) => session.destroyed)).toEqual([true, true]);
});
