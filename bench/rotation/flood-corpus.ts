import { randomBytes, randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import { AUDIENCE } from '../../test/support/openid-provider.ts';
import { encodeCheckRequest } from '../../test/support/protobuf.ts';
import { base64url, claims } from '../../test/support/tokens.ts';
import { corpusHead, corpusRecord } from '../corpus/corpus.ts';
import { ALGORITHM } from './keys.ts';

const SIGNATURE_BYTES = 256;
/** Few: this process asks about good tokens meanwhile, and must not be late with that. */
const AT_ONCE = 100;

export interface FloodCorpus {
  readonly issuer: string;
  readonly tokens: number;
  /** Epoch seconds: the `iat` of each. */
  readonly issuedAt: number;
}

/**
 * Writes tokens for the load generator of which each names a key of its own that nobody has. Their
 * signatures are noise, as nobody will look at them.
 */
export async function writeFlood({ issuer, tokens, issuedAt }: FloodCorpus, path: string) {
  await using file = await open(path, 'w');
  await file.write(corpusHead());
  for (let written = 0; written < tokens; written += AT_ONCE) {
    const records = Array.from({ length: Math.min(AT_ONCE, tokens - written) }, () => {
      const header = { alg: ALGORITHM, typ: 'at+jwt', kid: randomUUID() };
      const payload = claims(issuedAt, { iss: issuer, aud: AUDIENCE });
      const signature = base64url(randomBytes(SIGNATURE_BYTES));
      const token = `${base64url(header)}.${base64url(payload)}.${signature}`;
      const headers = { authorization: `Bearer ${token}` };
      return corpusRecord(encodeCheckRequest({ headers }), 'invalid_token');
    });
    await file.write(Buffer.concat(records));
  }
}
