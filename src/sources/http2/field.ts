import { parseGrpcTimeout } from './grpc-timeout.ts';
import { Route, routes } from './route.ts';

/** What a header field is to us. What is nobody's concern is METADATA. */
export const Kind = {
  METADATA: 0,
  /** No request may contain it: that one is malformed (RFC 9113, section 8.1.1). */
  FORBIDDEN: 1,
  /** Of the transport, neither looked at nor shown as metadata. */
  IGNORED: 2,
  CONTENT_TYPE: 3,
  CONTENT_LENGTH: 4,
  TE: 5,
  GRPC_TIMEOUT: 6,
  GRPC_ENCODING: 7,
  // Pseudo-headers, from here on.
  METHOD: 8,
  SCHEME: 9,
  AUTHORITY: 10,
  PATH: 11,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

const kinds: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  [':method', Kind.METHOD],
  [':scheme', Kind.SCHEME],
  [':authority', Kind.AUTHORITY],
  [':path', Kind.PATH],
  ['content-type', Kind.CONTENT_TYPE],
  ['content-length', Kind.CONTENT_LENGTH],
  ['te', Kind.TE],
  ['grpc-timeout', Kind.GRPC_TIMEOUT],
  ['grpc-encoding', Kind.GRPC_ENCODING],
  ['grpc-accept-encoding', Kind.IGNORED],
  ['accept-encoding', Kind.IGNORED],
  // Connection-specific (RFC 9113, section 8.2.2).
  ['connection', Kind.FORBIDDEN],
  ['keep-alive', Kind.FORBIDDEN],
  ['proxy-connection', Kind.FORBIDDEN],
  ['transfer-encoding', Kind.FORBIDDEN],
  ['upgrade', Kind.FORBIDDEN],
]);
const COLON = 0x3a;
const LONGEST_KNOWN_NAME = 20;
const LONGEST_KNOWN_VALUE = 80;

const CONTENT_TYPE = /^application\/grpc(\+proto)?([; ]|$)/;
const NO_BYTES = Buffer.alloc(0);

/**
 * A header field in place, and what was made of it. One object serves many fields: what it holds is
 * good until the next one is read.
 */
export class Field {
  nameBytes: Buffer = NO_BYTES;
  nameStart = 0;
  nameStop = 0;
  valueBytes: Buffer = NO_BYTES;
  valueStart = 0;
  valueStop = 0;
  /** By the name alone. */
  nameKind: Kind = Kind.METADATA;
  /** As `nameKind`, but FORBIDDEN where the value is. */
  kind: Kind = Kind.METADATA;
  /**
   * What the value comes to. METHOD: 1 = POST. PATH: the Route. CONTENT_TYPE: 1 = gRPC.
   * GRPC_ENCODING: 1 = identity. CONTENT_LENGTH: bytes. GRPC_TIMEOUT: ms, or NaN.
   */
  number = 0;

  judgeName(): void {
    const { nameBytes, nameStart, nameStop } = this;
    if (!isName(nameBytes, nameStart, nameStop)) {
      this.nameKind = Kind.FORBIDDEN;
      return;
    }
    const unknown = nameBytes[nameStart] === COLON ? Kind.FORBIDDEN : Kind.METADATA;
    const isLong = nameStop - nameStart > LONGEST_KNOWN_NAME;
    const known = isLong ? undefined : kinds.get(nameBytes.toString('latin1', nameStart, nameStop));
    this.nameKind = known ?? unknown;
  }

  /** To be called after `judgeName`, or with the `nameKind` of a field that has the same name. */
  judgeValue(): void {
    const { valueBytes, valueStart, valueStop } = this;
    this.kind = this.nameKind;
    this.number = 0;
    if (!isValue(valueBytes, valueStart, valueStop)) {
      this.kind = Kind.FORBIDDEN;
    } else if (this.kind >= Kind.CONTENT_TYPE) {
      const end = Math.min(valueStop, valueStart + LONGEST_KNOWN_VALUE);
      this.#interpret(valueBytes.toString('latin1', valueStart, end));
    }
  }

  #interpret(value: string): void {
    switch (this.kind) {
      case Kind.CONTENT_TYPE:
        this.number = Number(CONTENT_TYPE.test(value));
        break;
      case Kind.CONTENT_LENGTH:
        if (/^\d{1,15}$/.test(value)) this.number = Number(value);
        else this.kind = Kind.FORBIDDEN;
        break;
      case Kind.TE:
        if (value !== 'trailers') this.kind = Kind.FORBIDDEN;
        break;
      case Kind.GRPC_TIMEOUT:
        this.number = parseGrpcTimeout(value);
        break;
      case Kind.GRPC_ENCODING:
        this.number = Number(value === 'identity');
        break;
      case Kind.METHOD:
        this.number = Number(value === 'POST');
        break;
      case Kind.PATH:
        this.number = routes.get(value) ?? Route.UNKNOWN;
        if (!value.startsWith('/') && value !== '*') this.kind = Kind.FORBIDDEN;
    }
  }
}

/** RFC 9113, section 8.2.1: lower case, and a colon only in front. */
function isName(bytes: Uint8Array, start: number, stop: number): boolean {
  if (start >= stop) return false;
  for (let at = start; at < stop; at++) {
    const byte = bytes[at] as number;
    if (byte <= 0x20 || byte >= 0x7f || (byte >= 0x41 && byte <= 0x5a)) return false;
    if (byte === COLON && at > start) return false;
  }
  return true;
}

/** RFC 9113, section 8.2.1: no NUL, LF or CR, and no space or tab at either end. */
function isValue(bytes: Uint8Array, start: number, stop: number): boolean {
  if (start >= stop) return true;
  for (let at = start; at < stop; at++) {
    const byte = bytes[at] as number;
    if (byte <= 0x0d && (byte === 0x00 || byte === 0x0a || byte === 0x0d)) return false;
  }
  return !isSpace(bytes[start] as number) && !isSpace(bytes[stop - 1] as number);
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09;
}
