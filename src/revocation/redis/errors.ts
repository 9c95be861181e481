/** What servers put first in an error: WRONGPASS, LOADING, MOVED. */
const SERVER_CODE = /^[A-Z]{2,31}$/;
/** What systems and TLS set as `code`, and we ourselves in lower case. */
const CODE = /^[A-Za-z][A-Za-z0-9_]{1,63}$/;

/** A failure of our own making, told by its code. */
export class RedisFault extends Error {
  override readonly name = 'RedisFault';
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/**
 * What may be told of a failure of Redis: a code in fixed words. Messages and arguments are never
 * told, because servers and libraries quote keys in them, and keys hold jti values.
 */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code === 'string' && CODE.test(code)) return code;
  const first = error.message.split(' ', 1)[0] as string;
  return SERVER_CODE.test(first) ? first : 'connection_lost';
}
