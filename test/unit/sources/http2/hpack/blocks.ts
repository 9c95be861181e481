import { Field } from '../../../../../src/sources/http2/field.ts';
import { HeaderDecoder } from '../../../../../src/sources/http2/hpack/decoder.ts';
import type { HeaderTable } from '../../../../../src/sources/http2/hpack/table.ts';
import { integer, string } from '../../../../support/http2.ts';

export { integer, string };

export type Pair = readonly [name: string, value: string];

export const FIRST_DYNAMIC = 62;
/** What is read of it would make a block whole that is not. */
const GUARD = Buffer.alloc(8);

/** As latin1. */
export const EVERY_BYTE = Buffer.from([...Array(256).keys()]).toString('latin1');

export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

export function toPair(field: Field): Pair {
  const { nameBytes, nameStart, nameStop, valueBytes, valueStart, valueStop } = field;
  return [
    nameBytes.toString('latin1', nameStart, nameStop),
    valueBytes.toString('latin1', valueStart, valueStop),
  ];
}

/** The fields of a block, within bytes that are not its own. */
export function decode(bytes: Uint8Array, decoder = new HeaderDecoder()): Pair[] | 'broken' {
  const around = Buffer.concat([GUARD, bytes, GUARD]);
  const pairs: Pair[] = [];
  const stop = GUARD.length + bytes.length;
  const isWhole = decoder.decode(around, GUARD.length, stop, {
    field: (field) => void pairs.push(toPair(field)),
  });
  around.fill(0x2a); // what the table keeps must be its own
  return isWhole ? pairs : 'broken';
}

/** The dynamic part of a table, newest first. */
export function entriesOf(table: HeaderTable): Pair[] {
  const entries: Pair[] = [];
  for (let index = FIRST_DYNAMIC; ; index++) {
    const field = table.at(index);
    if (field === undefined) return entries;
    entries.push(toPair(field));
  }
}

export function toField([name, value]: Pair): Field {
  const field = new Field();
  field.nameBytes = Buffer.from(name, 'latin1');
  field.nameStop = name.length;
  field.valueBytes = Buffer.from(value, 'latin1');
  field.valueStop = value.length;
  field.judgeName();
  field.judgeValue();
  return field;
}

export const block = (...parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts);

export const indexed = (index: number): Buffer => integer(index, 7, 0x80);
export const resize = (bytes: number): Buffer => integer(bytes, 5, 0x20);

/** The three kinds of literals: bits before the prefix, and how long it is (section 6.2). */
const kinds = {
  'with indexing': [0x40, 6],
  'without indexing': [0x00, 4],
  'never indexed': [0x10, 4],
} as const;
type LiteralKind = keyof typeof kinds;
export const everyKind = Object.keys(kinds) as readonly LiteralKind[];

/** `name`: spelled out, or the index of an entry that has it. */
export function literal(kind: LiteralKind, name: string | number, value: string): Buffer {
  const [before, prefixBits] = kinds[kind];
  const index = typeof name === 'number' ? name : 0;
  const spelled = typeof name === 'string' ? string(name) : Buffer.alloc(0);
  return Buffer.concat([integer(index, prefixBits, before), spelled, string(value)]);
}
