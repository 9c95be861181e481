import { execFileSync } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startSluice } from '../../support/sluice.ts';
import { missing } from '../../support/tools.ts';
import { until } from '../../support/until.ts';
import { startValkey } from '../../support/valkey.ts';
import { CheckClient, newToken, PATIENCE } from './check-client.ts';

const DESCRIPTORS = 64;
const CALLERS = 2 * DESCRIPTORS;

/** Connections that are made, or were refused. */
async function connectMany(port: number): Promise<readonly Socket[]> {
  const sockets = Array.from({ length: CALLERS }, () => connect(port, '127.0.0.1'));
  for (const socket of sockets) socket.on('error', () => undefined);
  await until(() => sockets.every((socket) => !socket.connecting || socket.destroyed));
  return sockets;
}

describe.skipIf(missing('valkey'))('a process without file descriptors left', () => {
  it('answers those it has, and everybody once there are some again', async () => {
    await using valkey = await startValkey();
    await using sluice = await startSluice({ ...PATIENCE, AUTH_REDIS_URL: valkey.url });
    using client = new CheckClient(sluice.grpcPort);
    await until(async () => (await client.reasonFor(newToken())) === 'success');
    execFileSync('prlimit', ['--pid', `${sluice.pid}`, `--nofile=${DESCRIPTORS}:${DESCRIPTORS}`]);

    const sockets = await connectMany(sluice.grpcPort);
    for (let i = 0; i < 50; i++) expect(await client.reasonFor(newToken())).toBe('success');
    const late = connect(sluice.grpcPort, '127.0.0.1');
    late.on('error', () => undefined);
    await until(() => late.destroyed || sockets.some((socket) => socket.destroyed));

    for (const socket of [...sockets, late]) socket.destroy();
    await until(async () => {
      using other = new CheckClient(sluice.grpcPort);
      return (await other.reasonFor(newToken()).catch(() => undefined)) === 'success';
    });
    expect((await sluice.ready()).status).toBe(200);
  });
});
