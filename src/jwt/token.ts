import type { Fault } from '../domain/claims.ts';
import { parseJsonObject } from './json.ts';

/** Longest token that is looked at, in bytes; parsing takes time in proportion. */
export const MAX_TOKEN_BYTES = 8192;

/**
 * base64url without padding in its one canonical spelling (RFC 4648, sections 3.5 and 5): no rest of
 * one character, and no bit set in what the last character has to spare.
 */
const SEGMENT = '(?=[^.])((?:[\\w-]{4})*(?:[\\w-][AQgw]|[\\w-]{2}[AEIMQUYcgkosw048])?)';
const COMPACT = new RegExp(`^${SEGMENT}\\.${SEGMENT}\\.${SEGMENT}$`);

type JsonObject = Readonly<Record<string, unknown>>;

/** What a token says, before anything is known of its signature. */
export interface ParsedToken {
  readonly kind: 'parsed';
  readonly header: JsonObject;
  readonly payload: JsonObject;
  /** Header and payload as they were signed (RFC 7515, section 5.2). */
  readonly signed: string;
  readonly signature: Uint8Array;
}

export function invalid(detail: string): Fault {
  return { kind: 'fault', reason: 'invalid_token', detail };
}

const TOO_LARGE = invalid('token_too_large');
const BAD_GRAMMAR = invalid('token_grammar');
const BAD_JSON = invalid('token_json');

/**
 * Reads a JWS in compact form (RFC 7515, section 3.1). Stricter than libraries are: what passes has
 * exactly one spelling, so that nothing keyed by the token can be passed by under another one.
 */
export function parseToken(token: string): ParsedToken | Fault {
  if (token.length > MAX_TOKEN_BYTES) return TOO_LARGE;
  const segments = COMPACT.exec(token);
  if (segments === null) return BAD_GRAMMAR;
  const header = parseJsonObject(Buffer.from(segments[1] as string, 'base64url'));
  const payload = parseJsonObject(Buffer.from(segments[2] as string, 'base64url'));
  if (header === undefined || payload === undefined) return BAD_JSON;
  const signed = token.slice(0, token.lastIndexOf('.'));
  const signature = Buffer.from(segments[3] as string, 'base64url');
  return { kind: 'parsed', header, payload, signed, signature };
}
