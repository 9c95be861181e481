import { createHash, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withOption } from '../../scripts/lib/envoy-config.ts';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { all, swap } from '../support/envoy-edits.ts';
import { bearer, type Stack, startStack } from '../support/stack.ts';
import { claims, ISSUER, SECRET, signed } from '../support/tokens.ts';
import { missing } from '../support/tools.ts';

/* Tokens that are bound to a client certificate (RFC 8705), which Envoy attests. */

const POLICY = `version: 1
issuers:
  - issuer: ${ISSUER}
    keys: { secret_env: TOKEN_SECRET }
    algorithms: [HS256]
    audiences: [api]
    certificate_bound: required
`;

let ours: Certificates;
let folder: string;
let stack: Stack;

beforeAll(async () => {
  if (missing('envoy', 'valkey')) return;
  ours = await makeCertificates();
  folder = await mkdtemp(join(tmpdir(), 'sluice-bound-'));
  const policy = join(folder, 'policy.yaml');
  await writeFile(policy, POLICY);
  stack = await startStack({
    settings: {
      ...{ AUTH_ISSUER: '', AUTH_AUDIENCE: '', AUTH_SECRET_KEY: '' },
      ...{ AUTH_POLICY_FILE: policy, TOKEN_SECRET: SECRET },
    },
    edit: all(
      withOption('include_peer_certificate'),
      swap('- filters:', `- transport_socket: ${JSON.stringify(tls())}\n          filters:`),
    ),
  });
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await ours?.[Symbol.asyncDispose]();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

/** Envoy asks for a certificate, and takes those of the authority. */
function tls(): object {
  const file = (filename: string) => ({ filename });
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
      common_tls_context: {
        tls_certificates: [
          { certificate_chain: file(ours.certFile), private_key: file(ours.keyFile) },
        ],
        validation_context: { trusted_ca: file(ours.caFile) },
      },
    },
  };
}

async function thumbprintOf(path: string): Promise<string> {
  const { raw } = new X509Certificate(await readFile(path));
  return createHash('sha256').update(raw).digest('base64url');
}

/** Undefined: without a certificate. */
async function statusOf(token: string, as?: { cert: string; key: string }): Promise<number> {
  const shown = as && { cert: await readFile(as.cert), key: await readFile(as.key) };
  const ca = await readFile(ours.caFile);
  return new Promise((resolve, reject) => {
    const { port } = new URL(stack.envoy.url());
    const options = { host: '127.0.0.1', port, ca, ...shown, agent: false, headers: bearer(token) };
    const sent = request(options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe.skipIf(missing('envoy', 'valkey'))('a token that is bound to a certificate', () => {
  it('passes with that certificate alone', async () => {
    const client = { cert: ours.clientCertFile, key: ours.clientKeyFile };
    const other = { cert: ours.certFile, key: ours.keyFile };
    const now = Math.floor(Date.now() / 1000);
    const bound = signed(
      claims(now, { cnf: { 'x5t#S256': await thumbprintOf(ours.clientCertFile) } }),
    );
    expect(await statusOf(bound, client)).toBe(200);
    expect(await statusOf(bound, other)).toBe(401);
    expect(await statusOf(bound)).toBe(401);
    expect(await statusOf(signed(claims(now)), client)).toBe(401);
    expect(await statusOf(bound, client)).toBe(200);
  });
});
