/** Allows every check without looking at it: the least a server on @grpc/grpc-js can do. */
import { type handleUnaryCall, Server, ServerCredentials } from '@grpc/grpc-js';
import { allowed } from './allowed.ts';

const asBuffer = (bytes: Buffer) => bytes;
const check: handleUnaryCall<Buffer, Buffer> = (_, callback) => callback(null, allowed);

const server = new Server({ 'grpc.max_concurrent_streams': 1000 });
server.register('/envoy.service.auth.v3.Authorization/Check', check, asBuffer, asBuffer, 'unary');
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`listening 127.0.0.1:${port}\n`);
});
