import { Field } from '../../../../src/sources/http2/field.ts';
import { RequestHead } from '../../../../src/sources/http2/request-head.ts';
import { Stream, type StreamOwner } from '../../../../src/sources/http2/stream.ts';

export type Pair = readonly [name: string, value: string];

export const CHECK = '/envoy.service.auth.v3.Authorization/Check';

/** What opens a Check, in the order in which clients send it. */
export const CHECK_HEAD: readonly Pair[] = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', CHECK],
  [':authority', 'sluice'],
  ['content-type', 'application/grpc'],
  ['te', 'trailers'],
];

/** A header field, judged; between bytes that are not its own. */
export function fieldOf(name: string | Uint8Array, value: string | Uint8Array = ''): Field {
  const field = new Field();
  [field.nameBytes, field.nameStart, field.nameStop] = between(name);
  [field.valueBytes, field.valueStart, field.valueStop] = between(value);
  field.judgeName();
  field.judgeValue();
  return field;
}

function between(text: string | Uint8Array): [bytes: Buffer, start: number, stop: number] {
  const content = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
  return [Buffer.concat([Buffer.from(' A'), content, Buffer.from('\n ')]), 2, 2 + content.length];
}

export function readHead(fields: readonly Pair[], head = new RequestHead()): RequestHead {
  head.beginRequest();
  for (const [name, value] of fields) head.field(fieldOf(name, value));
  head.end();
  return head;
}

export interface StreamParts {
  readonly owner?: StreamOwner;
  readonly fields?: readonly Pair[];
  readonly sendWindow?: number;
  readonly openedAt?: number;
}

export function streamOf(
  id: number,
  { owner = nobody, fields = CHECK_HEAD, sendWindow = 65_535, openedAt = 0 }: StreamParts = {},
): Stream {
  return new Stream(owner, id, readHead(fields), sendWindow, 65_535, openedAt);
}

const nobody: StreamOwner = {
  reply: () => undefined,
  send: () => undefined,
  finish: () => undefined,
};
