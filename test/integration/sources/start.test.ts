import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { describe, expect, it, vi } from 'vitest';
import { GrpcClient } from './clients.ts';
import { Harness, startHarness } from './harness.ts';

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((address) => address?.address === '::1');

/** Of the documentation (RFC 5737 and 3849): no machine has it. */
const NOT_HERE = { ipv4: '192.0.2.1', ipv6: '2001:db8::1' };

describe('start', () => {
  it('says which address is in use', async () => {
    const written = vi.spyOn(console, 'error');
    await using harness = await startHarness();
    const second = new Harness({ port: harness.port });
    const address = `127.0.0.1:${harness.port}`;
    await expect(second.start()).rejects.toThrow(
      new RegExp(`^cannot listen on ${address}: .*EADDRINUSE`),
    );
    expect(written).not.toHaveBeenCalled(); // what is to be said is in the error
    written.mockRestore();
  });

  it('says which address this machine does not have', async () => {
    const harness = new Harness({ host: NOT_HERE.ipv4 });
    await expect(harness.start()).rejects.toThrow(
      /^cannot listen on 192\.0\.2\.1:0: .*EADDRNOTAVAIL/,
    );
  });

  it('says which name does not exist', async () => {
    const harness = new Harness({ host: 'does-not-exist.invalid' });
    await expect(harness.start()).rejects.toThrow(/^cannot listen on does-not-exist\.invalid:0: /);
  });

  it.skipIf(!hasIpv6)('says which address of IPv6', async () => {
    const harness = new Harness({ host: NOT_HERE.ipv6, port: 1234 });
    await expect(harness.start()).rejects.toThrow(/^cannot listen on \[2001:db8::1\]:1234: /);
  });

  it.skipIf(!hasIpv6).each([
    ['::1', '[::1]'],
    ['::', '[::1]'],
    ['::', '127.0.0.1'],
    ['0.0.0.0', '127.0.0.1'],
    ['localhost', 'localhost'],
  ])('listens on %s, and is reached at %s', async (host, target) => {
    await using harness = await startHarness({ host });
    using client = new GrpcClient(`${target}:${harness.port}`);
    expect((await client.check()).code).toBe(status.OK);
  });
});

describe('a Unix socket', () => {
  const path = (): string => join(tmpdir(), `sluice-${crypto.randomUUID()}.sock`);

  it('serves as the port does, and is gone afterwards', async () => {
    const unixSocket = path();
    await using harness = await startHarness({ unixSocket });
    for (const target of [`unix:${unixSocket}`, harness.address]) {
      using client = new GrpcClient(target);
      expect((await client.check()).code).toBe(status.OK);
    }
    await harness.source.drain(1_000);
    expect(existsSync(unixSocket)).toBe(false);
  });

  it('takes the place of one that a process has left behind', async () => {
    const unixSocket = path();
    const script = `require('net').createServer().listen('${unixSocket}', () => process.kill(process.pid, 'SIGKILL'))`;
    await once(spawn(process.execPath, ['-e', script]), 'exit');
    expect(existsSync(unixSocket)).toBe(true);
    await using harness = await startHarness({ unixSocket });
    using client = new GrpcClient(`unix:${unixSocket}`);
    expect((await client.check()).code).toBe(status.OK);
    expect(harness.calls).toHaveLength(1);
  });

  it('is left alone when somebody listens on it', async () => {
    const unixSocket = path();
    const other = createServer().listen(unixSocket);
    await once(other, 'listening');
    await using harness = new Harness({ unixSocket });
    await expect(harness.start()).rejects.toThrow(`cannot listen on ${unixSocket}: `);
    other.close();
  });

  it('says which path cannot be one', async () => {
    await using harness = new Harness({ unixSocket: '/nowhere/sluice.sock' });
    await expect(harness.start()).rejects.toThrow('cannot listen on /nowhere/sluice.sock: ');
  });
});
