import protobuf from 'protobufjs';
import { definitions } from '../support/protobuf.ts';

/** What protobufjs reads in a CheckRequest. Names as latin1, so that no two become one. */
export interface Reading {
  readonly method: Uint8Array;
  readonly path: Uint8Array;
  readonly host: Uint8Array;
  readonly headers: ReadonlyMap<string, Uint8Array>;
  readonly headerMap: ReadonlyMap<string, readonly Uint8Array[]>;
  readonly extensions: ReadonlyMap<string, Uint8Array>;
}

interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly raw_value: Uint8Array;
}

interface Attributes {
  readonly request?: { readonly http?: Http | null } | null;
  readonly context_extensions: readonly Entry[];
}

interface Http {
  readonly method: Uint8Array;
  readonly path: Uint8Array;
  readonly host: Uint8Array;
  readonly headers: readonly Entry[];
  readonly header_map?: { readonly headers: readonly Entry[] } | null;
}

const EMPTY = new Uint8Array(0);
const checkRequest = withBytes(definitions).lookupType('envoy.service.auth.v3.CheckRequest');

/** The same messages on the wire, but strings are bytes, and maps what they are there: entries. */
function withBytes(root: protobuf.Root): protobuf.Root {
  const entry = { fields: { key: { type: 'bytes', id: 1 }, value: { type: 'bytes', id: 2 } } };
  const json = JSON.stringify(root.toJSON(), (_, value) => {
    if (value?.keyType === 'string') return { rule: 'repeated', type: 'MapEntry', id: value.id };
    return value?.type === 'string' ? { ...value, type: 'bytes' } : value;
  });
  const { nested } = JSON.parse(json);
  const copy = protobuf.Root.fromJSON({ nested: { ...nested, MapEntry: entry } });
  copy.resolveAll();
  return copy;
}

/**
 * What protobufjs makes of the bytes; undefined when it refuses them.
 *
 * `depth`: messages and groups within one another that it follows. Of groups it follows one more
 * when the innermost is empty.
 */
export function readWithProtobufjs(bytes: Uint8Array, depth: number): Reading | undefined {
  const { recursionLimit } = protobuf.Reader;
  protobuf.Reader.recursionLimit = depth;
  try {
    const { attributes } = checkRequest.decode(bytes) as { attributes?: Attributes | null };
    return toReading(attributes ?? undefined);
  } catch {
    return undefined;
  } finally {
    protobuf.Reader.recursionLimit = recursionLimit;
  }
}

function toReading(attributes: Attributes | undefined): Reading {
  const http = attributes?.request?.http;
  const headerMap = new Map<string, Uint8Array[]>();
  for (const { key, value, raw_value } of http?.header_map?.headers ?? []) {
    const values = headerMap.get(latin1(key)) ?? [];
    values.push(raw_value.length > 0 ? raw_value : value);
    headerMap.set(latin1(key), values);
  }
  return {
    method: http?.method ?? EMPTY,
    path: http?.path ?? EMPTY,
    host: http?.host ?? EMPTY,
    headers: lastWins(http?.headers),
    headerMap,
    extensions: lastWins(attributes?.context_extensions),
  };
}

function lastWins(entries: readonly Entry[] = []): ReadonlyMap<string, Uint8Array> {
  return new Map(entries.map(({ key, value }) => [latin1(key), value]));
}

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
