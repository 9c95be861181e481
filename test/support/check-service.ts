import { promisify } from 'node:util';
import { type handleUnaryCall, Server, ServerCredentials } from '@grpc/grpc-js';
import { NEVER } from 'rxjs';
import { addHealth } from '../../src/sources/grpc-js/health.ts';
import { definitions, encode } from './protobuf.ts';

const CHECK = '/envoy.service.auth.v3.Authorization/Check';
const requestType = definitions.lookupType('envoy.service.auth.v3.CheckRequest');
const responseType = definitions.lookupType('envoy.service.auth.v3.CheckResponse');

/** A CheckResponse, or the status of a call that fails. */
export type CheckAnswer = object | { readonly code: number; readonly details: string };

export interface CheckService extends AsyncDisposable {
  readonly port: number;
  /** The CheckRequests, in order. */
  readonly asked: readonly object[];
}

/** A Check service that is not Sluice, and answers as it is told. */
export async function startCheckService(
  answer: (request: object) => CheckAnswer,
): Promise<CheckService> {
  const asked: object[] = [];
  const server = new Server();
  const asIs = (bytes: Buffer) => bytes;
  const check: handleUnaryCall<Buffer, Buffer> = ({ request: bytes }, done) => {
    const request = requestType.toObject(requestType.decode(bytes));
    asked.push(request);
    const answered = answer(request);
    if ('details' in answered) done(answered);
    else done(null, encode(responseType, answered));
  };
  server.register(CHECK, check, asIs, asIs, 'unary');
  addHealth(server, { ready: true, changes: NEVER });
  const bind = promisify(server.bindAsync.bind(server));
  const port = await bind('127.0.0.1:0', ServerCredentials.createInsecure());
  return { port, asked, [Symbol.asyncDispose]: async () => server.forceShutdown() };
}
