import type { Check } from '../../src/domain/check.ts';
import { extensionOf } from '../support/check-parts.ts';
import { type Reading, readWithProtobufjs } from './oracle.ts';

/** What is tested: the decoder, or one with a fault. */
export type Subject = (bytes: Buffer) => Check;

/** Names that nobody may find when they are not there; the others are made of those that are. */
const NAMES = ['authorization', 'a', ''];
/** More are not asked for: each costs a walk over all. */
const MAX_NAMES = 40;

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');

/**
 * Why subject and oracle disagree about the bytes; undefined when they do not.
 *
 * What the subject accepts, the oracle accepts, and all parts are the same. What it refuses, the
 * oracle refuses, except for numbers of more than ten bytes, which protobufjs skips and protobuf's
 * own parsers refuse.
 */
export function disagreement(subject: Subject, bytes: Buffer): string | undefined {
  try {
    const check = subject(bytes);
    if (check.fault !== undefined) return disagreementOnRefusal(check, bytes);
    const reading = readWithProtobufjs(bytes, 100);
    return reading === undefined ? 'accepted, refused by the oracle' : difference(check, reading);
  } catch (error) {
    return `threw ${(error as Error).stack}`;
  }
}

function disagreementOnRefusal(check: Check, bytes: Buffer): string | undefined {
  if (check.fault !== 'malformed_request') return `refused as ${check.fault}`;
  const asked = [check.header('authorization'), check.header('a'), extensionOf(check, 'a')];
  const parts = [check.method, check.path, check.host, ...asked.filter((it) => it !== undefined)];
  if (parts.join('') !== '') return `refused, but has parts: ${parts}`;
  const isFine = readWithProtobufjs(bytes, 99) !== undefined && !hasLongVarint(bytes);
  return isFine ? 'refused, accepted by the oracle' : undefined;
}

/** In what the check says and should say; undefined when there is none. */
export function difference(check: Check, reading: Reading): string | undefined {
  for (const part of ['method', 'path', 'host'] as const) {
    const expected = text(reading[part]);
    if (check[part] !== expected) return `${part} is ${check[part]}, not ${expected}`;
  }
  for (const name of namesToAsk(reading.headers, reading.headerMap)) {
    const header = reading.headers.get(name);
    const expected = header ? text(header) : reading.headerMap.get(name)?.map(text).join();
    const actual = check.header(name);
    if (actual !== expected) return `header ${name} is ${actual}, not ${expected}`;
  }
  for (const name of namesToAsk(reading.extensions)) {
    const extension = reading.extensions.get(name);
    const expected = extension && text(extension);
    const actual = extensionOf(check, name);
    if (actual !== expected) return `extension ${name} is ${actual}, not ${expected}`;
  }
  return undefined;
}

function namesToAsk(...maps: readonly ReadonlyMap<string, unknown>[]): ReadonlySet<string> {
  const present = maps.flatMap((map) => [...map.keys()]).slice(0, MAX_NAMES);
  const similar = present.flatMap((name) => [
    name.slice(0, -1),
    name.toUpperCase(),
    `${name}a`,
    `${name}\x12`, // what follows on the wire: the tag of the value
  ]);
  return new Set([...NAMES, ...present, ...similar]);
}

function hasLongVarint(bytes: Uint8Array): boolean {
  let run = 0;
  return bytes.some((byte) => {
    run = byte < 0x80 ? 0 : run + 1;
    return run >= 10;
  });
}
