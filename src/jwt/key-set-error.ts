/**
 * Why keys could not be had. The message is in fixed words, fit for the log and for /ready: never what
 * an issuer sent, nor anything of a URL or a key.
 */
export class KeySetError extends Error {
  override readonly name = 'KeySetError';
}

/** What systems, TLS and Node.js set as `code`. */
const CODE = /^[A-Z][A-Z0-9_]{1,63}$/;

/** What may be told of any failure: our own words, or a code such as ECONNREFUSED. */
export function wordsOf(error: unknown): string {
  if (error instanceof KeySetError) return error.message;
  const code = (error as Partial<NodeJS.ErrnoException> | undefined)?.code;
  return typeof code === 'string' && CODE.test(code) ? code : 'failed';
}
