import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Clock } from '../domain/clock.ts';
import type { Logger } from '../domain/ports.ts';

/** Paths of PEM files. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Set = mutual TLS: clients must have a certificate of one of these authorities. */
  readonly clientCaFile?: string;
}

export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
}

const BEGINNING = /-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/g;
const CERTIFICATE = /-----BEGIN ([A-Z0-9 ]*CERTIFICATE)-----[^-]*-----END \1-----/g;

/** Mounted secrets are swapped as symbolic links, which file watching misses: they are re-read. */
const REREAD_MS = 10_000;

/**
 * Hands the files' content to `apply`, now and whenever it has changed. Content that makes no valid
 * pair (a rotation seen half-way) is logged, once, and not applied. Rejects when the first content
 * is bad. The returned function ends the watch.
 */
export async function watchTls(
  files: TlsFiles,
  clock: Clock,
  logger: Logger,
  apply: (material: TlsMaterial) => void,
): Promise<() => void> {
  let current = await loadTls(files);
  let complaint = '';
  apply(current);
  return clock.every(REREAD_MS, async () => {
    try {
      const next = await loadTls(files);
      complaint = '';
      if (equal(current, next)) return;
      apply(next);
      current = next;
      logger.info({}, 'TLS certificate reloaded');
    } catch (error) {
      const { message } = error as Error;
      if (message === complaint) return;
      complaint = message;
      logger.warn({ error: message }, 'TLS certificate not reloaded; the last one stays in use');
    }
  });
}

/** Rejects with an error that names the files when they are no valid pair. */
export async function loadTls(files: TlsFiles): Promise<TlsMaterial> {
  const [cert, key, ca] = await Promise.all([
    readFile(files.certFile),
    readFile(files.keyFile),
    files.clientCaFile === undefined ? undefined : readFile(files.clientCaFile),
  ]);
  const material = { cert, key, ...(ca !== undefined && { ca }) };
  try {
    createSecureContext(material);
    if (ca !== undefined) checkAuthorities(ca);
  } catch (error) {
    const names = Object.values(files).join(', ');
    throw new Error(`no usable certificate, key and authorities in ${names}: ${reason(error)}`);
  }
  return material;
}

/** OpenSSL passes over authorities that it cannot read, and then trusts nobody. */
function checkAuthorities(pem: Buffer): void {
  const text = pem.toString('latin1');
  const certificates = text.match(CERTIFICATE) ?? [];
  if (certificates.length === 0) throw new Error('no authorities');
  if (certificates.length !== text.match(BEGINNING)?.length) throw new Error('authorities cut off');
  for (const certificate of certificates) new X509Certificate(certificate);
}

/** OpenSSL's words say what is wrong with a PEM and never quote it. */
function reason(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}

function equal(a: TlsMaterial, b: TlsMaterial): boolean {
  return a.cert.equals(b.cert) && a.key.equals(b.key) && (a.ca ?? NONE).equals(b.ca ?? NONE);
}

const NONE = Buffer.alloc(0);
