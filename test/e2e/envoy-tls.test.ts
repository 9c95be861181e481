import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withOption } from '../../scripts/lib/envoy-config.ts';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import type { Envoy } from '../support/envoy.ts';
import {
  all,
  type Edit,
  PATIENT_SETTINGS,
  patient,
  startStrictEnvoy,
  swap,
} from '../support/envoy-edits.ts';
import { http } from '../support/http.ts';
import { bearer, type Stack, startStack, token } from '../support/stack.ts';
import { missing } from '../support/tools.ts';
import { until } from '../support/until.ts';

const REVOKED_JTI = 'a-revoked-one';
const NOW = Math.floor(Date.now() / 1000);
const HANDSHAKES = 'cluster.sluice.ssl.handshake';
const HEALTHY = 'cluster.sluice.membership_healthy';
const FAILED = 'http.ingress.ext_authz.error';

let ours: Certificates;
let foreign: Certificates;
let folder: string;

beforeAll(async () => {
  [ours, foreign] = await Promise.all([makeCertificates(), makeCertificates()]);
  folder = await mkdtemp(join(tmpdir(), 'sluice-envoy-tls-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
  await Promise.all([ours[Symbol.asyncDispose](), foreign[Symbol.asyncDispose]()]);
});

interface TlsOptions {
  /** Whose authority Envoy trusts. */
  readonly trust: Certificates;
  /** Whose certificate it shows, if any. */
  readonly as?: Certificates;
}

/** The option of TLS, with our files in the place of its own. */
const tls = ({ trust, as }: TlsOptions): Edit =>
  all(
    withOption('transport_socket'),
    (yaml) =>
      yaml
        .replaceAll('ext-authz.auth.svc ', 'localhost ')
        .replaceAll('ext-authz.auth.svc\n', 'localhost\n'),
    swap('/etc/envoy/tls/ca.crt', trust.caFile),
    as === undefined
      ? (yaml) => yaml.replace(/^ *tls_certificates:\n.*\n.*private_key: .*\n/m, '')
      : all(
          swap('/etc/envoy/tls/tls.crt', as.clientCertFile),
          swap('/etc/envoy/tls/tls.key', as.clientKeyFile),
        ),
  );

/** Sluice by the path of its socket. */
const byPath =
  (path: string): Edit =>
  (yaml) =>
    swap(
      'name: sluice\n      type: STRICT_DNS',
      'name: sluice\n      type: STATIC',
    )(yaml).replace(
      /(?<=cluster_name: sluice\n.*?)socket_address: \{[^}]*\}/s,
      `pipe: { path: ${path} }`,
    );

const serverFiles = () => ({
  GRPC_TLS_CERT_FILE: ours.certFile,
  GRPC_TLS_KEY_FILE: ours.keyFile,
});
const mutualFiles = () => ({ ...serverFiles(), GRPC_TLS_CLIENT_CA_FILE: ours.caFile });
const plainSocket = () => join(folder, 'plain');
const tlsSocket = () => join(folder, 'tls');

interface Way {
  readonly settings: Readonly<Record<string, string>>;
  readonly edits: readonly Edit[];
}

const ways: readonly (readonly [string, () => Way])[] = [
  ['TLS', () => ({ settings: serverFiles(), edits: [tls({ trust: ours })] })],
  ['mutual TLS', () => ({ settings: mutualFiles(), edits: [tls({ trust: ours, as: ours })] })],
  [
    'a Unix socket',
    () => ({ settings: { GRPC_UNIX_SOCKET: plainSocket() }, edits: [byPath(plainSocket())] }),
  ],
  [
    'mutual TLS over a Unix socket',
    () => ({
      settings: { ...mutualFiles(), GRPC_UNIX_SOCKET: tlsSocket() },
      edits: [tls({ trust: ours, as: ours }), byPath(tlsSocket())],
    }),
  ],
];

describe.skipIf(missing('envoy', 'valkey')).each(ways)('Envoy asks by %s', (_, way) => {
  let stack: Stack;
  beforeAll(async () => {
    const edit = all(patient, ...way().edits);
    stack = await startStack({ settings: { ...PATIENT_SETTINGS, ...way().settings }, edit });
    await stack.valkey.command('SET', `blacklist:${REVOKED_JTI}`, '1');
  });
  afterAll(() => stack?.[Symbol.asyncDispose]());

  const statusOf = async (headers: Record<string, string>) =>
    (await http(stack.envoy.url(), { headers })).status;

  it('and the upstream is told who called', async () => {
    const { status, body } = await http(stack.envoy.url(), { headers: bearer(token()) });
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ headers: { 'x-user-id': 'user-1' } });
  });

  it.each([
    ['no token', 401, () => ({})],
    ['an expired token', 401, () => bearer(token({ exp: NOW - 60 }))],
    ['a revoked token', 403, () => bearer(token({ jti: REVOKED_JTI }))],
  ])('and %s gets a %i', async (_name, status, headers) => {
    expect(await statusOf(headers())).toBe(status);
  });

  it('and gets the right answers to many at once', async () => {
    const answers = Array.from({ length: 100 }, async (_value, i) => {
      const jti = i % 2 === 0 ? `good-${i}` : REVOKED_JTI;
      return `${jti}: ${await statusOf(bearer(token({ jti })))}`;
    });
    const wrong = (await Promise.all(answers)).filter(
      (line) => !/^good-\d+: 200$|^a-revoked-one: 403$/.test(line),
    );
    expect(wrong).toEqual([]);
  });

  it('and finds it healthy', async () => {
    await until(async () => (await stack.envoy.stats(HEALTHY))[HEALTHY] === 1);
  });

  it('and no check failed, nor was one sent in another way', async () => {
    const stats = await stack.envoy.stats(`${HANDSHAKES}|${FAILED}`);
    expect(stats[FAILED]).toBe(0);
    const { GRPC_TLS_CERT_FILE: certificate, GRPC_UNIX_SOCKET: socket } = way().settings;
    expect((stats[HANDSHAKES] ?? 0) > 0).toBe(certificate !== undefined);
    const clusters = await (await fetch(`${stack.envoy.adminUrl}/clusters`)).text();
    expect(clusters).toContain(`sluice::${socket ?? `127.0.0.1:${stack.sluice.grpcPort}`}::`);
  });
});

describe.skipIf(missing('envoy', 'valkey'))('mutual TLS', () => {
  let stack: Stack;
  beforeAll(async () => {
    const edit = tls({ trust: ours, as: ours });
    stack = await startStack({ settings: mutualFiles(), edit });
  });
  afterAll(() => stack?.[Symbol.asyncDispose]());

  it.each<[string, () => readonly Edit[]]>([
    ['speaks no TLS', () => []],
    ['shows no certificate', () => [tls({ trust: ours })]],
    ['shows one of another authority', () => [tls({ trust: ours, as: foreign })]],
    ['trusts another authority', () => [tls({ trust: foreign, as: ours })]],
  ])('lets nothing pass by an Envoy that %s', async (_, edits) => {
    await using envoy = await startStrictEnvoy(stack.sluice.grpcPort, ...edits());
    const through = (by: Envoy) => http(by.url(), { headers: bearer(token()) });
    expect((await through(envoy)).status).toBe(503);
    expect((await through(stack.envoy)).status).toBe(200);
  });
});
