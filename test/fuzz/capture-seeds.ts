/**
 * Writes test/fuzz/seeds: the CheckRequests that a real Envoy sends. Run it with node after a change
 * of Envoy's version, or to add a request: `node test/fuzz/capture-seeds.ts`. Tokens are dummies.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect as http2Connect } from 'node:http2';
import { connect as tcpConnect } from 'node:net';
import { join } from 'node:path';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { allow } from '../../src/domain/decision.ts';
import { encodeCheckResponse } from '../../src/sources/codec/check-response.ts';
import { type Envoy, startEnvoy } from '../support/envoy.ts';
import { envoyConfig } from './capture-config.ts';

const FOLDER = join(import.meta.dirname, 'seeds');

interface Sent {
  readonly name: string;
  readonly listener: 'utf8' | 'raw';
  readonly method?: string;
  readonly path?: string;
  /** In turn names and values, as node:http takes them: repeated ones stay apart. */
  readonly headers?: readonly string[];
  readonly body?: string;
}

const bearer = ['Authorization', 'Bearer dummy.token.signature'];
const many = Array.from({ length: 60 }, (_, i) => [`x-header-${i}`, `value-${i}`]).flat();
const repeated = [...bearer, 'X-Twice', 'one', 'Authorization', 'Bearer second', 'X-Twice', 'two'];
const latin1 = [...bearer, 'X-Latin1', 'caf\xe9', 'X-Empty', ''];
const preflight = [
  ...['Origin', 'https://app.example', 'Access-Control-Request-Method', 'PUT'],
  ...['Access-Control-Request-Headers', 'authorization'],
];

const requests: readonly Sent[] = (['utf8', 'raw'] as const).flatMap((listener) => [
  { name: 'get', listener, path: '/orders?id=1&x=%20', headers: bearer },
  { name: 'post', listener, method: 'POST', headers: bearer, body: '{"amount":1}' },
  { name: 'preflight', listener, method: 'OPTIONS', headers: preflight },
  { name: 'repeated', listener, headers: repeated },
  { name: 'latin1', listener, headers: latin1 },
  { name: 'many', listener, headers: [...many, ...bearer] },
  { name: 'extensions', listener, path: '/routed', headers: bearer },
]);

const captured: Buffer[] = [];

async function startServer(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = new Server();
  const response = Buffer.from(encodeCheckResponse(allow('success', [], [])));
  const raw = (bytes: Buffer) => bytes;
  server.register<Buffer, Buffer>(
    '/envoy.service.auth.v3.Authorization/Check',
    (call: { request: Buffer }, callback: (error: null, reply: Buffer) => void) => {
      captured.push(call.request);
      callback(null, response);
    },
    raw,
    raw,
    'unary',
  );
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
    error === null ? resolve(port) : reject(error),
  );
  return { server, port: await promise };
}

function send(envoy: Envoy, sent: Sent): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const { listener, method = 'GET', path = '/', headers = [], body } = sent;
  const length = body === undefined ? [] : ['Content-Length', String(body.length)];
  const request = httpRequest(`${envoy.url(listener)}${path}`, {
    method,
    headers: ['Host', 'shop.example', ...headers, ...length],
  });
  request.once('response', (response) => response.resume().once('end', resolve));
  request.once('error', reject);
  request.end(body);
  return promise;
}

function sendGrpc(envoy: Envoy, listener: Sent['listener']): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const session = http2Connect(envoy.url(listener)).once('error', reject);
  const stream = session.request({
    ':method': 'POST',
    ':path': '/shop.Orders/List',
    ':authority': 'shop.example',
    'content-type': 'application/grpc',
    te: 'trailers',
    authorization: bearer[1],
  });
  stream.once('error', reject).once('close', () => session.close(resolve));
  stream.resume().end(Buffer.from([0, 0, 0, 0, 0]));
  return promise;
}

function sendTcp(envoy: Envoy): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = tcpConnect(envoy.port('tcp'), '127.0.0.1', () => socket.write('hello'));
  socket
    .once('data', () => socket.end())
    .once('error', reject)
    .once('close', () => resolve());
  return promise;
}

async function capture(name: string, send: Promise<void>): Promise<void> {
  await send;
  const bytes = captured.splice(0);
  if (bytes.length !== 1) throw new Error(`${name}: ${bytes.length} checks instead of one`);
  await writeFile(join(FOLDER, `${name}.bin`), bytes[0] as Buffer);
}

await rm(FOLDER, { recursive: true, force: true });
await mkdir(FOLDER);
const { server, port } = await startServer();
{
  await using envoy = await startEnvoy(envoyConfig(port));
  for (const sent of requests) await capture(`${sent.name}-${sent.listener}`, send(envoy, sent));
  for (const listener of ['utf8', 'raw'] as const) {
    await capture(`grpc-${listener}`, sendGrpc(envoy, listener));
  }
  await capture('tcp', sendTcp(envoy));
}
server.forceShutdown();
