import { createSocket } from 'node:dgram';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PATIENT_SETTINGS, startStrictEnvoy, swap } from '../support/envoy-edits.ts';
import { http } from '../support/http.ts';
import { type Sluice, startSluice } from '../support/sluice.ts';
import { bearer, token } from '../support/stack.ts';
import { missing, skipped } from '../support/tools.ts';
import { until } from '../support/until.ts';
import { startValkey, type Valkey } from '../support/valkey.ts';

/* The name of a headless Service: an address for each replica, all with one port. */

const NAME = 'ext-authz-headless.auth.svc.cluster.local';
const HEADER_BYTES = 12;
const TYPE_A = 1;
const MEMBERS = 'cluster.sluice.membership_healthy';
const PASSED = 'ext_authz_requests_total{result="allow",reason="success"}';

/** Knows every name, and has these addresses for it (RFC 1035, section 4). */
class NameServer implements AsyncDisposable {
  addresses: readonly string[];
  readonly #socket = createSocket('udp4');

  constructor(addresses: readonly string[]) {
    this.addresses = addresses;
    this.#socket.on('message', (query, { port, address }) =>
      this.#socket.send(this.#answer(query), port, address),
    );
  }

  listen(): Promise<number> {
    return new Promise((resolve) =>
      this.#socket.bind(0, '127.0.0.1', () => resolve(this.#socket.address().port)),
    );
  }

  #answer(query: Buffer): Buffer {
    let end = HEADER_BYTES;
    while (query[end] !== 0) end += 1 + (query[end] as number);
    const type = query.readUInt16BE(end + 1);
    const records = type === TYPE_A ? this.addresses.map(record) : [];
    const header = Buffer.alloc(HEADER_BYTES);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180, 2); // an answer, recursion and all, no error
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    return Buffer.concat([header, query.subarray(HEADER_BYTES, end + 5), ...records]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }
}

/** Of the name in the question, for a second. */
const record = (address: string): Buffer =>
  Buffer.from([
    0xc0,
    HEADER_BYTES,
    0,
    TYPE_A,
    0,
    1,
    0,
    0,
    0,
    1,
    0,
    4,
    ...address.split('.').map(Number),
  ]);

const asking = (server: number, port: number) => {
  const resolver = {
    name: 'envoy.network.dns_resolver.cares',
    typed_config: {
      '@type':
        'type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig',
      resolvers: [{ socket_address: { address: '127.0.0.1', port_value: server } }],
      dns_resolver_options: { no_default_search_domain: true },
    },
  };
  const more = `dns_refresh_rate: 0.1s\n      typed_dns_resolver_config: ${JSON.stringify(resolver)}`;
  return [
    swap(
      'name: sluice\n      type: STRICT_DNS',
      `name: sluice\n      type: STRICT_DNS\n      ${more}`,
    ),
    swap(`address: 127.0.0.1, port_value: ${port} }`, `address: ${NAME}, port_value: ${port} }`),
  ];
};

const notLinux = process.platform !== 'linux' && skipped('only Linux has more than one 127.0.0.x');

describe.skipIf(missing('envoy', 'valkey') || notLinux)('replicas behind one name', () => {
  const started = new AsyncDisposableStack();
  let valkey: Valkey;
  const start = async (env: Readonly<Record<string, string>>): Promise<Sluice> => {
    const settings = { ...PATIENT_SETTINGS, AUTH_REDIS_URL: valkey.url, ...env };
    const sluice = started.use(await startSluice(settings));
    await until(async () => (await sluice.ready()).status === 200);
    return sluice;
  };
  beforeAll(async () => {
    valkey = started.use(await startValkey());
  });
  afterAll(() => started.disposeAsync());

  it('are found as they come, and each is asked', async () => {
    const one = await start({ BIND_ADDRESS: '127.0.0.1' });
    const port = one.grpcPort;
    const other = await start({ BIND_ADDRESS: '127.0.0.2', AUTH_GRPC_PORT: `${port}` });
    const names = started.use(new NameServer(['127.0.0.1']));
    await using envoy = await startStrictEnvoy(port, ...asking(await names.listen(), port));
    const healthy = (count: number) =>
      until(async () => (await envoy.stats(MEMBERS))[MEMBERS] === count);

    const passed = async (sluice: Sluice) => (await sluice.metric(PASSED)) ?? 0;
    /** Asks until that one was asked. */
    const reaches = async (sluice: Sluice) => {
      const before = await passed(sluice);
      await until(async () => {
        expect((await http(envoy.url(), { headers: bearer(token()) })).status).toBe(200);
        return (await passed(sluice)) > before;
      });
    };

    await healthy(1);
    await reaches(one);
    expect(await passed(other)).toBe(0);
    names.addresses = ['127.0.0.1', '127.0.0.2'];
    await healthy(2);
    await reaches(other);
    await reaches(one);
  });
});
