import { readFile } from 'node:fs/promises';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { makeCertificates } from '../support/certificates.ts';
import { startEnvoy } from '../support/envoy.ts';
import { runPython, startPython } from '../support/python.ts';
import { missing } from '../support/tools.ts';
import { startValkey } from '../support/valkey.ts';

const isRunning = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe.skipIf(missing('valkey'))('a real Valkey', () => {
  it('answers, and leaves nothing behind', async () => {
    let pid = 0;
    {
      await using valkey = await startValkey();
      pid = valkey.pid;
      await valkey.command('SET', 'blacklist:a', 1);
      expect(await valkey.command('EXISTS', 'blacklist:a', 'blacklist:b')).toBe(1);
      expect(isRunning(pid)).toBe(true);
    }
    expect(isRunning(pid)).toBe(false);
  });

  it('comes back on its port, and empty, after it was killed', async () => {
    await using valkey = await startValkey();
    const { port } = valkey;
    await valkey.command('SET', 'blacklist:a', 1);
    await valkey.kill();
    await expect(valkey.command('PING')).rejects.toThrow();
    await valkey.restart();
    expect(valkey.port).toBe(port);
    expect(await valkey.command('EXISTS', 'blacklist:a')).toBe(0);
  });

  it('hangs while paused, and can be stopped then', async () => {
    await using valkey = await startValkey();
    valkey.pause();
    let answered = false;
    const answer = valkey.command('PING').then(() => {
      answered = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(answered).toBe(false);
    valkey.resume();
    await answer;
    valkey.pause();
  });

  it('takes passwords and users', async () => {
    await using valkey = await startValkey({
      password: 'p@ss "word"',
      config: ['user app on >secret ~blacklist:* +exists +info'],
    });
    const address = `127.0.0.1:${valkey.port}`;
    expect(await ping(valkey.url)).toBe('PONG');
    expect(await ping(`redis://app:secret@${address}`)).toMatch(/NOPERM/);
    expect(await ping(`redis://app:wrong@${address}`)).toMatch(/WRONGPASS/);
  });

  it('speaks TLS, and asks for a certificate where an authority is given', async () => {
    await using certificates = await makeCertificates();
    const { caFile, certFile, keyFile, clientCertFile, clientKeyFile } = certificates;
    const ca = await readFile(caFile);
    const [cert, key] = [await readFile(clientCertFile), await readFile(clientKeyFile)];
    {
      await using valkey = await startValkey({ tls: { certFile, keyFile } });
      expect(valkey.url).toMatch(/^rediss:/);
      expect(await ping(valkey.url, { tls: { ca } })).toBe('PONG');
      expect(await ping(valkey.url, { tls: {} })).toMatch(/certificate/);
    }
    await using valkey = await startValkey({ tls: { certFile, keyFile, caFile } });
    expect(await ping(valkey.url, { tls: { ca, cert, key } })).toBe('PONG');
    expect(await ping(valkey.url, { tls: { ca } })).not.toBe('PONG');
  });

  it('shows the log of one that does not start', async () => {
    await expect(startValkey({ config: ['nonsense yes'] })).rejects.toThrow(/Bad directive/);
  });
});

/** PONG, or why not. */
async function ping(url: string, options: object = {}): Promise<string> {
  const client = new Redis(url, { ...options, lazyConnect: true, retryStrategy: null });
  let first: Error | undefined;
  client.on('error', (error) => {
    first ??= error;
  });
  try {
    await client.connect();
    return await client.ping();
  } catch (error) {
    return `${first?.message} ${(error as Error).message}`;
  } finally {
    client.disconnect();
  }
}

describe.skipIf(missing('envoy'))('a real Envoy', () => {
  it('serves what it is configured to, and counts it', async () => {
    let pid = 0;
    {
      await using envoy = await startEnvoy(answering('hello'));
      await using other = await startEnvoy(JSON.stringify(answering('other')));
      pid = envoy.pid;
      expect(await (await fetch(envoy.url())).text()).toBe('hello');
      expect(await (await fetch(`${other.url('main')}/path`)).text()).toBe('other');
      const stats = await envoy.stats('^http\\.test\\.downstream_rq_');
      expect(stats).toMatchObject({ 'http.test.downstream_rq_2xx': 1 });
      expect(() => envoy.port('absent')).toThrow('main');
    }
    expect(isRunning(pid)).toBe(false);
  });

  it('shows the log of one that does not start', async () => {
    // Not more of the message: protobuf varies the spaces in it, so that nobody relies on it.
    await expect(startEnvoy({ nonsense: true })).rejects.toThrow("'nonsense'");
  });
});

function answering(text: string) {
  const extension = (name: string, type: string, fields: object = {}) => ({
    name,
    typed_config: { '@type': `type.googleapis.com/envoy.extensions.filters.${type}`, ...fields },
  });
  const route = {
    match: { prefix: '/' },
    direct_response: { status: 200, body: { inline_string: text } },
  };
  const manager = extension('http', 'network.http_connection_manager.v3.HttpConnectionManager', {
    stat_prefix: 'test',
    http_filters: [extension('router', 'http.router.v3.Router')],
    route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: [route] }] },
  });
  const listener = {
    name: 'main',
    address: { socket_address: { address: '127.0.0.1', port_value: 0 } },
    filter_chains: [{ filters: [manager] }],
  };
  return { static_resources: { listeners: [listener] } };
}

describe.skipIf(missing('python'))('Python', () => {
  const fields = `
import json, sys
from google.protobuf.descriptor_pool import Default
for line in sys.stdin:
    message = Default().FindMessageTypeByName(json.loads(line)['message'])
    print(json.dumps([field.name for field in message.fields]))
`;
  const importing = `from envoy.service.auth.v3 import external_auth_pb2\n${fields}`;

  it("knows the whole of Envoy's API", async () => {
    await using python = await startPython(['-c', importing]);
    const [response, request] = await Promise.all([
      python.ask({ message: 'envoy.service.auth.v3.CheckResponse' }),
      python.ask({ message: 'envoy.service.auth.v3.AttributeContext.HttpRequest' }),
    ]);
    expect(response).toContain('error_response');
    expect(request).toContain('header_map');
  });

  it('shows what a script wrote to stderr when it fails', async () => {
    await expect(runPython(['-c', importing], { message: 'absent' })).rejects.toThrow(/KeyError/);
  });

  it('ends a script that does not answer', async () => {
    const script = 'import sys, time\nprint("why", file=sys.stderr)\ntime.sleep(60)';
    await expect(runPython(['-c', script], {}, 5_000)).rejects.toThrow(/no answer.*\n.*why/);
  });
});
