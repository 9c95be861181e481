import type { Check } from '../../domain/check.ts';
import { certificateThumbprint } from './certificate.ts';
import { Entry } from './entry.ts';
import { FieldCursor } from './fields.ts';

/** Bytes of a CheckRequest; above that it is answered as request_too_large, unread. */
export const MAX_REQUEST_BYTES = 1024 * 1024;

/** The method that Envoy calls. */
export const CHECK_PATH = '/envoy.service.auth.v3.Authorization/Check';

/** gRPC metadata of a call. */
export interface RpcHeaders {
  /** `name` in lower case. */
  rpcHeader(name: string): string | undefined;
}

// Field numbers; proto/envoy/service/auth/v3 has the names.
const ATTRIBUTES = 1;
const SOURCE = 1;
const CERTIFICATE = 5;
const REQUEST = 4;
const CONTEXT_EXTENSIONS = 10;
const HTTP = 2;
const METHOD = 2;
const HEADERS = 3;
const PATH = 4;
const HOST = 5;
const HEADER_MAP = 13;
const HEADER_MAP_HEADERS = 1;

const NO_PARTS: number[] = [];
const NO_EXTENSIONS: Check['extensions'] = [];

// Decoding never awaits, so one cursor for each kind of message serves every request.
const root = new FieldCursor();
const attributes = new FieldCursor(1);
const peer = new FieldCursor(2);
const extension = new Entry('map-entry', 2);
const request = new FieldCursor(2);
const http = new FieldCursor(3);
const header = new Entry('map-entry', 4);
const headerMap = new FieldCursor(4);
const headerValue = new Entry('header-value', 5);

/**
 * A CheckRequest, read in place: the structure is walked once, to find what is broken and where the
 * parts are, and a string is made only of what is asked for.
 *
 *     bytes   CheckRequest{ attributes{ request{ http{ … } } context_extensions{…} … } }
 *     parts             └───────────────────────────────── [start, stop) of every http,
 *                                                          and of every extension
 *
 * A message that occurs more than once is merged, and the last one of a plain field counts
 * (protobuf.dev, "Encoding: Last One Wins"). Malformed is what protobuf's own parsers refuse, but
 * for strings that are not UTF-8: nobody looks at those not asked for (it would cost as much as all
 * the rest), and in the others U+FFFD stands for the bad bytes, which equals nothing that passes.
 */
export class CheckRequest implements Check {
  readonly fault: Check['fault'];
  readonly #rpc: RpcHeaders;
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #stop: number;
  /** Start and stop of each part, in turn. */
  #https = NO_PARTS;
  #extensions = NO_PARTS;
  #methodStart = 0;
  #methodStop = 0;
  #pathStart = 0;
  #pathStop = 0;
  #hostStart = 0;
  #hostStop = 0;
  #certificateStart = 0;
  #certificateStop = 0;

  /** The message is [start, stop) of `bytes`, which must not change as long as the request is used. */
  constructor(bytes: Buffer, rpc: RpcHeaders, start = 0, stop = bytes.length) {
    this.#bytes = bytes;
    this.#start = start;
    this.#stop = stop;
    this.#rpc = rpc;
    if (stop - start > MAX_REQUEST_BYTES) this.fault = 'request_too_large';
    else if (!this.#survey()) this.fault = 'malformed_request';
    if (this.fault !== undefined) this.#forget();
  }

  get method(): string {
    return this.#text(this.#methodStart, this.#methodStop);
  }

  get path(): string {
    return this.#text(this.#pathStart, this.#pathStop);
  }

  get host(): string {
    return this.#text(this.#hostStart, this.#hostStop);
  }

  rpcHeader(name: string): string | undefined {
    return this.#rpc.rpcHeader(name);
  }

  get extensions(): Check['extensions'] {
    const parts = this.#extensions;
    if (parts.length === 0) return NO_EXTENSIONS;
    const pairs = new Map<string, string>();
    for (let i = 0; i < parts.length; i += 2) {
      extension.read(this.#bytes, parts[i] as number, parts[i + 1] as number);
      // A character a byte, so that no two names become one.
      const name = this.#bytes.toString('latin1', extension.keyStart, extension.keyStop);
      pairs.set(name, this.#value(extension));
    }
    return [...pairs];
  }

  get certificateThumbprint(): string | undefined {
    const text = this.#text(this.#certificateStart, this.#certificateStop);
    return text === '' ? undefined : certificateThumbprint(text);
  }

  /**
   * From `headers`, else from `header_map`: there Envoy keeps repeated headers apart, and they are
   * joined with a comma here, as it does itself in `headers`.
   */
  header(name: string): string | undefined {
    let value: string | undefined;
    let joined: string | undefined;
    for (let i = 0; i < this.#https.length; i += 2) {
      http.over(this.#bytes, this.#https[i] as number, this.#https[i + 1] as number);
      while (http.next()) {
        if (http.is(HEADERS)) {
          header.read(this.#bytes, http.start, http.stop);
          if (header.keyIs(this.#bytes, name)) value = this.#value(header);
        } else if (http.is(HEADER_MAP)) {
          headerMap.over(this.#bytes, http.start, http.stop);
          while (headerMap.next()) {
            if (!headerMap.is(HEADER_MAP_HEADERS)) continue;
            headerValue.read(this.#bytes, headerMap.start, headerMap.stop);
            if (!headerValue.keyIs(this.#bytes, name)) continue;
            const next = this.#value(headerValue);
            joined = joined === undefined ? next : `${joined},${next}`;
          }
        }
      }
    }
    return value ?? joined;
  }

  #survey(): boolean {
    const bytes = this.#bytes;
    root.over(bytes, this.#start, this.#stop);
    while (root.next()) {
      if (!root.is(ATTRIBUTES)) continue;
      attributes.over(bytes, root.start, root.stop);
      while (attributes.next()) {
        if (attributes.is(REQUEST)) {
          request.over(bytes, attributes.start, attributes.stop);
          while (request.next()) {
            if (request.is(HTTP) && !this.#surveyHttp(request.start, request.stop)) return false;
          }
          if (request.broken) return false;
        } else if (attributes.is(SOURCE)) {
          peer.over(bytes, attributes.start, attributes.stop);
          while (peer.next()) {
            if (!peer.is(CERTIFICATE)) continue;
            this.#certificateStart = peer.start;
            this.#certificateStop = peer.stop;
          }
          if (peer.broken) return false;
        } else if (attributes.is(CONTEXT_EXTENSIONS)) {
          if (!extension.read(bytes, attributes.start, attributes.stop)) return false;
          this.#extensions = withPart(this.#extensions, attributes.start, attributes.stop);
        }
      }
      if (attributes.broken) return false;
    }
    return !root.broken;
  }

  #surveyHttp(start: number, stop: number): boolean {
    const bytes = this.#bytes;
    this.#https = withPart(this.#https, start, stop);
    http.over(bytes, start, stop);
    while (http.next()) {
      if (http.is(METHOD)) {
        this.#methodStart = http.start;
        this.#methodStop = http.stop;
      } else if (http.is(PATH)) {
        this.#pathStart = http.start;
        this.#pathStop = http.stop;
      } else if (http.is(HOST)) {
        this.#hostStart = http.start;
        this.#hostStop = http.stop;
      } else if (http.is(HEADERS)) {
        if (!header.read(bytes, http.start, http.stop)) return false;
      } else if (http.is(HEADER_MAP)) {
        headerMap.over(bytes, http.start, http.stop);
        while (headerMap.next()) {
          if (!headerMap.is(HEADER_MAP_HEADERS)) continue;
          if (!headerValue.read(bytes, headerMap.start, headerMap.stop)) return false;
        }
        if (headerMap.broken) return false;
      }
    }
    return !http.broken;
  }

  /** What cannot be judged has no parts. */
  #forget(): void {
    this.#https = NO_PARTS;
    this.#extensions = NO_PARTS;
    this.#methodStart = this.#methodStop = 0;
    this.#pathStart = this.#pathStop = 0;
    this.#hostStart = this.#hostStop = 0;
    this.#certificateStart = this.#certificateStop = 0;
  }

  #value(entry: Entry): string {
    return this.#text(entry.valueStart, entry.valueStop);
  }

  #text(start: number, stop: number): string {
    return this.#bytes.toString('utf8', start, stop);
  }
}

/** Of the first one an array of just that length: what is pushed to has room for seventeen. */
function withPart(parts: number[], start: number, stop: number): number[] {
  if (parts.length === 0) return [start, stop];
  parts.push(start, stop);
  return parts;
}

/** In place of a message that was larger than MAX_REQUEST_BYTES and not kept. */
export class TooLargeRequest implements Check {
  readonly fault = 'request_too_large';
  readonly method = '';
  readonly path = '';
  readonly host = '';
  readonly extensions = NO_EXTENSIONS;
  readonly certificateThumbprint = undefined;
  readonly #rpc: RpcHeaders;

  constructor(rpc: RpcHeaders) {
    this.#rpc = rpc;
  }

  header(): undefined {}

  rpcHeader(name: string): string | undefined {
    return this.#rpc.rpcHeader(name);
  }
}
