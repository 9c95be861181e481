import { join } from 'node:path';
import protobuf from 'protobufjs';

const FOLDER = join(import.meta.dirname, '..', '..', 'proto');
const FILES = ['envoy/service/auth/v3/external_auth.proto', 'grpc/health/v1/health.proto'];

/** The definitions in proto/, with the names they have there. */
export const definitions: protobuf.Root = load();

const checkRequest = definitions.lookupType('envoy.service.auth.v3.CheckRequest');
const checkResponse = definitions.lookupType('envoy.service.auth.v3.CheckResponse');
const appendActions = definitions.lookupEnum(
  'envoy.config.core.v3.HeaderValueOption.HeaderAppendAction',
);

function load(): protobuf.Root {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) =>
    protobuf.common.get(target) === null ? join(FOLDER, target) : target;
  root.loadSync(FILES, { keepCase: true }).resolveAll();
  return root;
}

export interface HeaderValue {
  readonly key: string;
  readonly value?: string;
  readonly raw_value?: string | Uint8Array;
}

export interface CheckRequestFields {
  /** A check of the network filter: nothing of HTTP. */
  readonly tcp?: boolean;
  /** GET, / and api.example, if not given. */
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What Envoy sends instead of `headers` with encode_raw_headers. */
  readonly headerMap?: readonly HeaderValue[];
  readonly contextExtensions?: Readonly<Record<string, string>>;
}

/** A CheckRequest as Envoy sends it. */
export function encodeCheckRequest(fields: CheckRequestFields = {}): Buffer {
  const headers = fields.headerMap?.map(({ raw_value, ...rest }) =>
    raw_value === undefined ? rest : { ...rest, raw_value: Buffer.from(raw_value) },
  );
  const http = {
    method: fields.method ?? 'GET',
    path: fields.path ?? '/',
    host: fields.host ?? 'api.example',
    headers: fields.headers ?? {},
    ...(headers && { header_map: { headers } }),
  };
  const request = fields.tcp === true ? {} : { http };
  return encode(checkRequest, {
    attributes: { request, context_extensions: fields.contextExtensions ?? {} },
  });
}

export function encode(type: protobuf.Type, message: object): Buffer {
  return Buffer.from(type.encode(type.fromObject(message)).finish());
}

export interface ResponseHeader {
  readonly name: string;
  readonly value: string;
  /** undefined = absent, which Envoy up to 1.36 takes for true. */
  readonly append: boolean | undefined;
  /** By name, or the number of one that has none. */
  readonly appendAction: string | number;
}

/** A CheckResponse on one level. */
export interface CheckResponse {
  /** undefined = no status at all, which Envoy takes for 0, and so for an allow. */
  readonly grpcCode: number | undefined;
  readonly kind: 'denied_response' | 'ok_response' | 'error_response' | undefined;
  /** undefined on an allow. */
  readonly httpStatus: number | undefined;
  readonly headers: readonly ResponseHeader[];
  readonly headersToRemove: readonly string[];
  readonly body: string;
  readonly dynamicMetadata: Readonly<Record<string, unknown>>;
}

type Message = Readonly<Record<string, unknown>>;

interface RawCheckResponse {
  readonly status: { readonly code: number } | null;
  readonly http_response?: 'denied_response' | 'ok_response' | 'error_response';
  readonly dynamic_metadata: { readonly fields: Readonly<Record<string, Message>> } | null;
}

interface RawResponse {
  readonly status?: { readonly code: number } | null;
  readonly headers?: readonly {
    readonly header: { readonly key: string; readonly value: string };
    readonly append: { readonly value: boolean } | null;
    readonly append_action: number;
  }[];
  readonly headers_to_remove?: readonly string[];
  readonly body?: string;
}

/** Throws where protobufjs does: also on a string that is not UTF-8. */
export function decodeCheckResponse(bytes: Uint8Array): CheckResponse {
  const message = checkResponse.decode(bytes);
  const raw = checkResponse.toObject(message, { defaults: true, oneofs: true });
  const { status, http_response: kind, dynamic_metadata } = raw as RawCheckResponse;
  const response = (kind === undefined ? {} : raw[kind]) as RawResponse;
  const metadata = Object.entries(dynamic_metadata?.fields ?? {});
  return {
    grpcCode: status?.code,
    kind,
    httpStatus: response.status?.code,
    headers: (response.headers ?? []).map(({ header, append, append_action }) => ({
      name: header.key,
      value: header.value,
      append: append?.value,
      appendAction: appendActions.valuesById[append_action] ?? append_action,
    })),
    headersToRemove: response.headers_to_remove ?? [],
    body: response.body ?? '',
    dynamicMetadata: Object.fromEntries(
      metadata.map(([name, value]) => [name, value[value.kind as string]]),
    ),
  };
}
