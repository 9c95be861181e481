import { type OutgoingHttpHeaders, request } from 'node:http';
import { type ClientHttp2Session, connect } from 'node:http2';

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case; repeated ones joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HttpQuestion {
  readonly method?: string;
  /** A list sends the header once for each value. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: Uint8Array;
}

/** One request, with exactly these headers: fetch would add, join and refuse some. */
export function http(url: string, question: HttpQuestion = {}): Promise<HttpAnswer> {
  const { method = 'GET', headers = {}, body } = question;
  // A URL would be normalised: the path goes out as it is written.
  const [, origin = url, path = '/'] = /^(\w+:\/\/[^/]+)(\/.*)$/.exec(url) ?? [];
  return new Promise((resolve, reject) => {
    const options = { method, path, headers: { ...headers } as OutgoingHttpHeaders, agent: false };
    const sent = request(origin, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const entries = Object.entries(response.headers).map(([name, v]) => [name, String(v)]);
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(entries),
          body: Buffer.concat(chunks).toString(),
        });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

export interface GrpcAnswer {
  /** Trailers, or the headers where there is nothing else; `grpc-status` is among them. */
  readonly trailers: Readonly<Record<string, string>>;
  readonly message: string | undefined;
}

/** One unary gRPC call over plain-text HTTP/2, without a gRPC library. */
export async function grpc(
  origin: string,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<GrpcAnswer> {
  const session = connect(origin);
  try {
    return await call(session, path, headers);
  } finally {
    session.close();
  }
}

function call(
  session: ClientHttp2Session,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<GrpcAnswer> {
  return new Promise((resolve, reject) => {
    session.on('error', reject);
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    let trailers: Record<string, string> = {};
    const take = (received: object): void => {
      trailers = Object.fromEntries(Object.entries(received).map(([k, v]) => [k, String(v)]));
    };
    const chunks: Buffer[] = [];
    stream.on('response', take);
    stream.on('trailers', take);
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('end', () => {
      const message = chunks.length > 0 ? Buffer.concat(chunks).subarray(5).toString() : undefined;
      resolve({ trailers, message });
    });
    stream.end(Buffer.alloc(5)); // one empty message
  });
}
