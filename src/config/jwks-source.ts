import { isAbsolute } from 'node:path';

/** Where the keys of an issuer come from. */
export type JwksSource =
  | { readonly kind: 'url'; readonly url: string }
  /** By the configuration that the issuer publishes (OpenID Connect Discovery 1.0, section 4). */
  | { readonly kind: 'discovery' }
  | { readonly kind: 'file'; readonly path: string };

/** What is said of AUTH_JWKS. */
export const JWKS_SOURCE_FORM =
  'the https:// URL of a JWK set, the absolute path of a file that holds one, or discovery';

/** Undefined for anything else. Whether http:// is taken is another setting's to say. */
export function parseJwksSource(text: string): JwksSource | undefined {
  if (/^discovery$/i.test(text)) return { kind: 'discovery' };
  if (isAbsolute(text)) return { kind: 'file', path: text };
  const url = URL.parse(text);
  const isFit =
    url !== null &&
    (url.protocol === 'https:' || url.protocol === 'http:') &&
    url.hash === '' &&
    url.username === '' &&
    url.password === '';
  return isFit ? { kind: 'url', url: url.href } : undefined;
}
