import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../scripts/lib/run.ts';

const OPENSSL_MS = 20_000;
const NEW_KEY = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'.split(' ');

/** Files in PEM: an authority, and a server and a client it vouches for. */
export interface Certificates extends AsyncDisposable {
  readonly caFile: string;
  /** For localhost and 127.0.0.1. */
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientCertFile: string;
  readonly clientKeyFile: string;
}

/** Valid for a day. Needs `openssl`, of which LibreSSL's will do. */
export async function makeCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-certificates-'));
  const file = (name: string) => join(folder, name);
  const openssl = (...args: readonly string[]) => run('openssl', args, OPENSSL_MS);

  const authority = ['-x509', '-days', '1', '-subj', '/CN=Test authority'];
  await openssl('req', ...authority, ...NEW_KEY, '-keyout', file('ca.key'), '-out', file('ca.pem'));
  await writeFile(file('san'), 'subjectAltName=DNS:localhost,IP:127.0.0.1');
  const issue = async (name: string) => {
    const [key, request] = [file(`${name}.key`), file(`${name}.csr`)];
    const signer = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial'];
    const extensions = ['-days', '1', '-extfile', file('san')];
    await openssl('req', '-subj', `/CN=${name}`, ...NEW_KEY, '-keyout', key, '-out', request);
    await openssl('x509', '-req', '-in', request, ...signer, ...extensions, '-out', file(name));
  };
  await issue('server');
  await issue('client');
  return {
    caFile: file('ca.pem'),
    certFile: file('server'),
    keyFile: file('server.key'),
    clientCertFile: file('client'),
    clientKeyFile: file('client.key'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
