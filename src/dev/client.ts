import { fileURLToPath } from 'node:url';
import {
  type Client,
  credentials,
  loadPackageDefinition,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { Result } from '../domain/reason.ts';

const PROTO_DIR = fileURLToPath(new URL('../../proto', import.meta.url));
const TIMEOUT_MS = 2_000;

/** What an HTTP request would get, as Envoy would understand the answer. */
export interface Outcome {
  readonly result: Result;
  readonly reason: string;
  /** Of the denial; 200 when allowed. */
  readonly httpStatus: number;
  /** Set on the request to the upstream, or on the denial. */
  readonly headers: Readonly<Record<string, string>>;
}

/** As the library decodes it: what is absent is null. */
interface CheckResponse {
  readonly status: { readonly code: number } | null;
  readonly ok_response: { readonly headers: readonly HeaderValueOption[] } | null;
  readonly denied_response: Refusal | null;
  readonly error_response: Refusal | null;
  readonly dynamic_metadata: {
    readonly fields: Readonly<Record<string, { readonly stringValue?: string }>>;
  } | null;
}

interface Refusal {
  readonly status: { readonly code: number } | null;
  readonly headers: readonly HeaderValueOption[];
}

interface HeaderValueOption {
  readonly header: { readonly key: string; readonly value: string };
}

type CheckMethod = (
  request: object,
  options: { deadline: number },
  done: (error: ServiceError | null, response: CheckResponse) => void,
) => void;

/** Asks a Check service about one GET, over the wire and through the library's own codec. */
export async function askCheck(address: string, path: string, token: string): Promise<Outcome> {
  const headers = { authorization: `Bearer ${token}`, ':method': 'GET', ':path': path };
  const http = { method: 'GET', path, host: 'localhost', headers };
  const client = createClient(address);
  try {
    const response = await new Promise<CheckResponse>((resolve, reject) => {
      client.Check(
        { attributes: { request: { http } } },
        { deadline: Date.now() + TIMEOUT_MS },
        (error, answer) => (error === null ? resolve(answer) : reject(unanswered(address, error))),
      );
    });
    return outcomeOf(response);
  } finally {
    client.close();
  }
}

function unanswered(address: string, { code, details }: ServiceError): Error {
  return new Error(`${address} gave no decision: ${status[code]}: ${details}`);
}

function createClient(address: string): Client & { Check: CheckMethod } {
  const definition = loadSync('envoy/service/auth/v3/external_auth.proto', {
    includeDirs: [PROTO_DIR],
    keepCase: true,
    enums: Number,
    defaults: true,
  });
  const root = loadPackageDefinition(definition) as never as {
    envoy: {
      service: { auth: { v3: { Authorization: new (...args: unknown[]) => never } } };
    };
  };
  return new root.envoy.service.auth.v3.Authorization(address, credentials.createInsecure());
}

function outcomeOf(response: CheckResponse): Outcome {
  const refusal = response.error_response ?? response.denied_response;
  const allowed = response.status?.code === 0;
  const httpStatus = allowed ? 200 : (refusal?.status?.code ?? 403);
  const options = (allowed ? response.ok_response : refusal)?.headers ?? [];
  return {
    result: allowed ? 'allow' : httpStatus >= 500 ? 'error' : 'deny',
    reason: reasonIn(response.dynamic_metadata?.fields ?? {}),
    httpStatus,
    headers: Object.fromEntries(options.map(({ header }) => [header.key, header.value])),
  };
}

/** Its answer does not count in shadow mode, and therefore has no reason of its own. */
function reasonIn(fields: Readonly<Record<string, { readonly stringValue?: string }>>): string {
  const text = (name: string) => fields[name]?.stringValue;
  const decided = text('shadow_reason');
  if (decided === undefined) return text('reason') ?? 'unknown';
  return `SHADOW MODE, which allows everything; decided: ${text('shadow_result')}, ${decided}`;
}

/** An outcome in a few words. */
export function verdictOf({ result, reason, httpStatus }: Outcome): string {
  const status = result === 'allow' ? '' : `, HTTP ${httpStatus}`;
  return `${result}${status} (${reason})`;
}
