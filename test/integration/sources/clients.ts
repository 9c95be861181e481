import { type ClientHttp2Session, connect, type SecureClientSessionOptions } from 'node:http2';
import {
  type ChannelOptions,
  Client,
  type ClientReadableStream,
  type ClientUnaryCall,
  credentials as grpcCredentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { CHECK_PATH } from '../../../src/sources/codec/check-request.ts';
import { type CheckResponse, decodeCheckResponse } from '../../support/protobuf.ts';

const PATIENCE_MS = 20_000;
const asIs = (bytes: Buffer): Buffer => bytes;

/** What a call came to: a gRPC status, and the message if it is OK. */
export interface Outcome {
  readonly code: number;
  readonly details: string;
  readonly bytes: Buffer | undefined;
}

export interface PendingCheck {
  readonly call: ClientUnaryCall;
  readonly outcome: Promise<Outcome>;
}

/** The library's own client, with raw messages. */
export class GrpcClient implements Disposable {
  readonly client: Client;

  constructor(
    address: string,
    options: ChannelOptions = {},
    credentials = grpcCredentials.createInsecure(),
  ) {
    // Else clients of the same address share a connection.
    const own = { 'grpc.use_local_subchannel_pool': 1, ...options };
    this.client = new Client(address, credentials, own);
  }

  unary(message: Uint8Array, { path = CHECK_PATH, metadata = new Metadata() } = {}): PendingCheck {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const done = (error: ServiceError | null, bytes?: Buffer): void =>
      resolve({ code: error?.code ?? status.OK, details: error?.details ?? '', bytes });
    const options = { deadline: Date.now() + PATIENCE_MS };
    const request = Buffer.from(message);
    const call = this.client.makeUnaryRequest(path, asIs, asIs, request, metadata, options, done);
    return { call, outcome: promise };
  }

  check(message: Uint8Array = Buffer.alloc(0), metadata?: Metadata): Promise<Outcome> {
    return this.unary(message, metadata && { metadata }).outcome;
  }

  /** As a decoded CheckResponse; rejects when the status is not OK. */
  async ask(message?: Uint8Array): Promise<CheckResponse> {
    const { code, details, bytes } = await this.check(message);
    if (bytes === undefined) throw new Error(`gRPC status ${code}: ${details}`);
    return decodeCheckResponse(bytes);
  }

  stream(path: string, message: Uint8Array): Watching {
    return new Watching(
      this.client.makeServerStreamRequest(path, asIs, asIs, Buffer.from(message)),
    );
  }

  [Symbol.dispose](): void {
    this.client.close();
  }
}

/** A stream of messages from the server, and how it ended. */
export class Watching {
  readonly messages: Buffer[] = [];
  readonly #stream: ClientReadableStream<Buffer>;
  /** gRPC status; undefined while it is open. */
  code: number | undefined;

  constructor(stream: ClientReadableStream<Buffer>) {
    this.#stream = stream;
    stream.on('data', (message: Buffer) => this.messages.push(message));
    stream.on('error', () => undefined);
    stream.on('status', ({ code }) => {
      this.code = code;
    });
  }

  cancel(): void {
    this.#stream.cancel();
  }
}

export type HeaderFields = Readonly<Record<string, string | readonly string[]>>;

export interface Http2Outcome {
  readonly httpStatus: number | undefined;
  /** From the trailers, or from headers that are trailers too; undefined when there is none. */
  readonly code: number | undefined;
  readonly details: string;
  readonly body: Buffer;
  /** Of the RST_STREAM that ended it; 0 when none did. */
  readonly rstCode: number;
}

/** A client that sends whatever headers and bytes a test wants. */
export class Http2Client implements AsyncDisposable {
  readonly session: ClientHttp2Session;
  readonly errors: Error[] = [];

  constructor(url: string, options: SecureClientSessionOptions = {}) {
    this.session = connect(url, options);
    this.session.on('error', (error) => this.errors.push(error));
  }

  /** Resolves when the server has made its settings known. To be called at once. */
  async connected(): Promise<this> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.session.once('remoteSettings', () => resolve());
    this.session.once('error', reject);
    this.session.once('close', () => reject(new Error('closed before it was connected')));
    await promise;
    return this;
  }

  /** One POST of `body` as it is: see `framed`. */
  post(body: Uint8Array, headers: HeaderFields = {}): Promise<Http2Outcome> {
    const stream = this.session.request({
      ':method': 'POST',
      ':path': CHECK_PATH,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    const { promise, resolve } = Promise.withResolvers<Http2Outcome>();
    let head: Record<string, unknown> = {};
    let tail: Record<string, unknown> = {};
    const chunks: Buffer[] = [];
    stream.on('response', (fields) => {
      head = fields;
    });
    stream.on('trailers', (fields) => {
      tail = fields;
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', () => undefined);
    stream.on('close', () => {
      const code = tail['grpc-status'] ?? head['grpc-status'];
      resolve({
        httpStatus: head[':status'] as number | undefined,
        code: code === undefined ? undefined : Number(code),
        details: decodeURI(String(tail['grpc-message'] ?? head['grpc-message'] ?? '')),
        body: Buffer.concat(chunks),
        rstCode: stream.rstCode,
      });
    });
    stream.end(body);
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.session.destroyed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.session.once('close', () => resolve());
    this.session.destroy();
    await promise;
  }
}

/** A message as gRPC sends it: a flag, the length, the bytes. */
export function framed(message: Uint8Array, { compressed = false } = {}): Buffer {
  const head = Buffer.alloc(5);
  head[0] = compressed ? 1 : 0;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
