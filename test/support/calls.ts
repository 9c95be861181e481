import { Call, type Responder } from '../../src/domain/call.ts';
import type { Check } from '../../src/domain/check.ts';
import type { Decision } from '../../src/domain/decision.ts';

export interface FakeCallOptions {
  readonly fault?: Check['fault'];
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly extensions?: Readonly<Record<string, string>>;
  readonly certificateThumbprint?: string;
  readonly rpcHeaders?: Readonly<Record<string, string>>;
  readonly arrivedAt?: number;
  readonly deadline?: number;
}

/** What was replied, in order. */
export class RecordingResponder implements Responder {
  readonly replies: Decision[] = [];
  reply(decision: Decision): void {
    this.replies.push(decision);
  }
}

export function fakeCheck(options: FakeCallOptions): Check {
  return {
    fault: options.fault,
    method: options.method ?? 'GET',
    path: options.path ?? '/',
    host: options.host ?? 'api.example',
    header: (name) => options.headers?.[name],
    certificateThumbprint: options.certificateThumbprint,
    extensions: Object.entries(options.extensions ?? {}),
    rpcHeader: (name) => options.rpcHeaders?.[name],
  };
}

export function fakeCall(options: FakeCallOptions): Call & { responder: RecordingResponder } {
  const call = new Call(
    fakeCheck(options),
    new RecordingResponder(),
    options.arrivedAt ?? 0,
    options.deadline ?? Number.POSITIVE_INFINITY,
  );
  return call as Call & { responder: RecordingResponder };
}
