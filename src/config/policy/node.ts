/*
 * A file as it was written, with the place of everything in it. Knows nothing of YAML, so that what
 * checks it does not either.
 */

/** Both count from 1, the column in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export type Node = ScalarNode | ListNode | MapNode;

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly at: Position;
  readonly value: string | number | boolean | null;
  /** As it was written, with its quotes; '' = there is nothing. */
  readonly source: string;
}

export interface ListNode {
  readonly kind: 'list';
  readonly at: Position;
  readonly items: readonly Node[];
}

export interface MapNode {
  readonly kind: 'map';
  readonly at: Position;
  /** No name occurs twice. */
  readonly entries: readonly Entry[];
}

export interface Entry {
  readonly name: string;
  /** Where the name stands. */
  readonly at: Position;
  readonly value: Node;
}

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

/** What would be read if `json` were written at `at`. */
export function nodeOf(json: Json, at: Position): Node {
  if (Array.isArray(json)) return { kind: 'list', at, items: json.map((item) => nodeOf(item, at)) };
  if (typeof json !== 'object' || json === null) {
    return { kind: 'scalar', at, value: json as ScalarNode['value'], source: String(json) };
  }
  const entries = Object.entries(json as JsonObject);
  return {
    kind: 'map',
    at,
    entries: entries.map(([name, value]) => ({ name, at, value: nodeOf(value, at) })),
  };
}

/** The plain value. Names cannot reach a prototype: document.ts refuses those that would. */
export function jsonOf(node: Node): Json {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(jsonOf);
  return Object.fromEntries(node.entries.map(({ name, value }) => [name, jsonOf(value)]));
}

const LONGEST_SHOWN = 60;
const PRINTABLE = /^[\x20-\x7e]+$/;

/** For messages: a scalar as it was written, of others only what they are. */
export function shown(node: Node): string {
  if (node.kind !== 'scalar') return `a ${node.kind}`;
  if (node.source === '') return 'nothing';
  return cut(PRINTABLE.test(node.source) ? node.source : JSON.stringify(node.value));
}

/** A name of the file's, for messages. */
export function shownName(name: string): string {
  return /^[\w$.-]+$/.test(name) ? cut(name) : cut(JSON.stringify(name));
}

function cut(text: string): string {
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}
