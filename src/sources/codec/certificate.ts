import { createHash, X509Certificate } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** Reading one takes 50 us, and a client shows the same one for every request of a connection. */
const known = new LRUCache<string, { readonly thumbprint: string | undefined }>({ max: 1_000 });

/**
 * Thumbprint of a client's certificate as tokens carry it (`x5t#S256`, RFC 8705, section 3.1): SHA-256
 * of its DER, base64url. `text`: PEM with URL-encoded characters, as Envoy sends it; undefined when it
 * cannot be read.
 */
export function certificateThumbprint(text: string): string | undefined {
  let entry = known.get(text);
  if (entry === undefined) {
    entry = { thumbprint: readThumbprint(text) };
    known.set(text, entry);
  }
  return entry.thumbprint;
}

function readThumbprint(text: string): string | undefined {
  try {
    const { raw } = new X509Certificate(decodeURIComponent(text));
    return createHash('sha256').update(raw).digest('base64url');
  } catch {
    return undefined;
  }
}
