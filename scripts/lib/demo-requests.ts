import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { GRPC_ECHO_PATH } from './upstream.ts';

const exec = promisify(execFile);
const CURL_MS = 10_000;

export interface DemoRequest {
  readonly title: string;
  /** For a shell that knows $VALID, $EXPIRED and $REVOKED. */
  readonly command: string;
}

/** Requests to try; `origin` is Envoy's host and port. */
export function demoRequests(origin: string): readonly DemoRequest[] {
  const get = (...headers: readonly string[]): string =>
    ['curl -si', ...headers.map((header) => `-H "${header}"`), `${origin}/hello`].join(' ');
  const bearer = (name: string): string => `authorization: Bearer $${name}`;
  // An empty message, framed: gRPC needs no more than HTTP/2 for this.
  const grpc = (...headers: readonly string[]): string =>
    [
      "printf '\\0\\0\\0\\0\\0' | curl -si --http2-prior-knowledge --data-binary @- --output -",
      ...['content-type: application/grpc', 'te: trailers', ...headers].map((h) => `-H "${h}"`),
      `${origin}${GRPC_ECHO_PATH}`,
    ].join(' ');
  return [
    { title: 'a valid token: the upstream sees x-user-id', command: get(bearer('VALID')) },
    { title: 'no token', command: get() },
    { title: 'an expired token', command: get(bearer('EXPIRED')) },
    { title: 'a revoked token', command: get(bearer('REVOKED')) },
    {
      title: 'a spoofed x-user-id: replaced by the real one',
      command: get(bearer('VALID'), 'x-user-id: admin'),
    },
    { title: 'a gRPC call with a valid token', command: grpc(bearer('VALID')) },
    { title: 'a gRPC call without one: grpc-status 16', command: grpc() },
  ];
}

/** What of an answer is worth a line. */
const TELLING = /^HTTP\/|www-authenticate|grpc-status|x-user-id|x-auth-provider|"error"/i;

/** Runs a request and tells the lines of the answer that matter. */
export async function outcomeOf(
  { command }: DemoRequest,
  tokens: Readonly<Record<string, string>>,
): Promise<string> {
  try {
    const { stdout } = await exec('sh', ['-c', command], {
      env: { PATH: process.env.PATH, ...tokens },
      timeout: CURL_MS,
    });
    const lines = stdout.split(/\r?\n/).filter((line) => TELLING.test(line));
    return lines.map((line) => `    ${line.trim()}\n`).join('');
  } catch (error) {
    return `    could not be run: ${(error as Error).message.split('\n').at(-1)}\n`;
  }
}
