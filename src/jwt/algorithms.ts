/**
 * Of RFC 7518, section 3.1, RFC 8037 and RFC 9864, which has the name Ed25519 for what EdDSA is with
 * that curve; `none` is not one.
 */
export const HMAC_ALGORITHMS = ['HS256', 'HS384', 'HS512'] as const;
export const PUBLIC_KEY_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;
export const ALGORITHMS = [...HMAC_ALGORITHMS, ...PUBLIC_KEY_ALGORITHMS];
export type Algorithm = (typeof ALGORITHMS)[number];

export function isHmac(algorithm: Algorithm): boolean {
  return (HMAC_ALGORITHMS as readonly string[]).includes(algorithm);
}
