import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes of one Envoy, in hex, as they were on the wire. */
export interface EnvoyCapture {
  /** Its version. */
  readonly envoy: string;
  /** After the preface of HTTP/2: SETTINGS and WINDOW_UPDATE. */
  readonly settings: string;
  /** Header block of the first request of a connection, and of every one that follows. */
  readonly first: string;
  readonly later: string;
  /** The CheckRequest, with `TOKEN` in place of a token. */
  readonly message: string;
}

/** Stands in the captured message where a token belongs. */
export const TOKEN = '@token@';
/** The parent id of the captured traceparent. */
export const PARENT_ID = '00f067aa0ba902b7';

export function readEnvoyCapture(): EnvoyCapture {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'envoy.json'), 'utf8'));
}
