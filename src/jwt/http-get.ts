import type { IncomingMessage } from 'node:http';
import { KeySetError } from './key-set-error.ts';

export interface Answer {
  readonly status: number;
  /** Nothing unless the status is 200. */
  readonly body: Uint8Array;
  /** `max-age` of Cache-Control (RFC 9111, section 5.2.2.1), in seconds. */
  readonly maxAgeSec: number | undefined;
}

/** Most bytes that an answer may have: a hundred keys with their certificates take a tenth. */
export const MAX_BODY_BYTES = 512 * 1024;

const MAX_AGE = /(?:^|[\s,])max-age="?(\d{1,9})"?(?=$|[\s,])/i;
const NOTHING = Buffer.alloc(0);
const HEADERS = {
  accept: 'application/json',
  'accept-encoding': 'identity',
  // A cache in between could have a set that lacks the very key that is looked for.
  'cache-control': 'no-cache',
  'user-agent': 'sluice',
};

/**
 * Asks once, on a connection of its own. Follows no redirect: where to ask is for the operator to say.
 * `fetch` is not used because loading it takes 10 MiB of memory, and importing `node:http` would load
 * it too. Rejects with a KeySetError, or with what Node.js says (ECONNREFUSED and the like).
 */
export function httpGet(url: URL, signal: AbortSignal): Promise<Answer> {
  const { request } =
    url.protocol === 'https:'
      ? process.getBuiltinModule('node:https')
      : process.getBuiltinModule('node:http');
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent: false, headers: HEADERS, signal }, (response) => {
      read(response)
        .then(resolve, reject)
        .finally(() => sent.destroy());
    });
    sent.on('error', reject);
    // Whatever has become of the connection: one that was closed already says no more.
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    sent.end();
  });
}

async function read(response: IncomingMessage): Promise<Answer> {
  const { statusCode: status = 0, headers } = response;
  const maxAgeSec = MAX_AGE.exec(headers['cache-control'] ?? '')?.[1];
  const about = { maxAgeSec: maxAgeSec === undefined ? undefined : Number(maxAgeSec) };
  if (status >= 300 && status < 400) throw new KeySetError(`redirected (status ${status})`);
  if (status !== 200) return { status, body: NOTHING, ...about };
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new KeySetError(`more than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return { status, body: Buffer.concat(chunks), ...about };
}
