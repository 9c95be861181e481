import { Client, credentials } from '@grpc/grpc-js';
import {
  type CheckRequestFields,
  type CheckResponse,
  decodeCheckResponse,
  encodeCheckRequest,
} from '../../support/protobuf.ts';
import { patience } from '../../support/sluice.ts';
import { claims, signed } from '../../support/tokens.ts';

const CHECK = '/envoy.service.auth.v3.Authorization/Check';
const TIMEOUT_MS = 10_000;

/** Settings with which a check that could be answered is, however slow the machine. */
export const PATIENCE = patience(20_000);

/** Asks a Check service what Envoy would ask, over one connection of its own. */
export class CheckClient implements Disposable {
  readonly #client: Client;

  /** `at`: a port of 127.0.0.1, or an address. */
  constructor(at: number | string) {
    const own = { 'grpc.use_local_subchannel_pool': 1 };
    const address = typeof at === 'number' ? `127.0.0.1:${at}` : at;
    this.#client = new Client(address, credentials.createInsecure(), own);
  }

  ask(fields: CheckRequestFields): Promise<CheckResponse> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        CHECK,
        encodeCheckRequest,
        decodeCheckResponse,
        fields,
        { deadline: Date.now() + TIMEOUT_MS },
        (error, answer) => (answer === undefined ? reject(error) : resolve(answer)),
      );
    });
  }

  /** What a request with this token gets; with none, if it is empty. */
  async reasonFor(token: string): Promise<unknown> {
    const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
    return (await this.ask({ headers })).dynamicMetadata.reason;
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** A token that passes, but for what is overridden. */
export function newToken(override: Record<string, unknown> = {}): string {
  return signed(claims(Math.floor(Date.now() / 1000), override));
}
