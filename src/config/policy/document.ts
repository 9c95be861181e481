import {
  type ErrorCode,
  isAlias,
  isMap,
  isSeq,
  LineCounter,
  type Pair,
  type ParsedNode,
  parseDocument,
} from 'yaml';
import { type Entry, type Node, type Position, type ScalarNode, shownName } from './node.ts';
import type { Faults } from './spot.ts';

const MAX_DEPTH = 16;
const ALIAS = 'aliases are not allowed';

/** A map that is read into an object could be given another prototype by them. */
const REFUSED_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Words of our own: the library's may quote the file, and a key may stand in it. */
const SYNTAX: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias cannot have an anchor or a tag',
  BAD_ALIAS: 'this alias names no anchor',
  BAD_COLLECTION_TYPE: 'the tag does not fit what it stands before',
  BAD_DIRECTIVE: 'this directive cannot be read',
  BAD_DQ_ESCAPE: 'this escape sequence is not one of those that double quotes know',
  BAD_INDENT: 'the indentation does not fit what stands above, or a bracket is not closed',
  BAD_PROP_ORDER: 'an anchor or a tag stands in the wrong place',
  BAD_SCALAR_START: 'a value cannot begin with this character; put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a second name and colon in one line',
  BLOCK_IN_FLOW: 'a block cannot stand inside braces or brackets',
  DUPLICATE_KEY: 'this name occurs twice',
  IMPOSSIBLE: 'this cannot be read',
  KEY_OVER_1024_CHARS: 'a name of more than 1024 characters',
  MISSING_CHAR: 'a colon, comma, bracket, quote or space is missing, or the indentation is wrong',
  MULTILINE_IMPLICIT_KEY: 'a name must stand in one line, with its colon',
  MULTIPLE_ANCHORS: 'more than one anchor',
  MULTIPLE_DOCS: 'a second document; there can be only one',
  MULTIPLE_TAGS: 'more than one tag',
  NON_STRING_KEY: 'a name must be a text',
  RESOURCE_EXHAUSTION: `nested more than ${MAX_DEPTH} deep`,
  TAB_AS_INDENT: 'a tab cannot indent; use spaces',
  TAG_RESOLVE_FAILED: 'tags are not allowed',
  UNEXPECTED_TOKEN: 'this does not belong here',
};

/**
 * Reads one YAML 1.2 document without what lets a file mean more than it shows: anchors, aliases,
 * merge keys, tags, directives, names that occur twice. Never throws; undefined when `faults` are told
 * why it cannot be used.
 */
export function readDocument(text: string, faults: Faults): Node | undefined {
  const lines = new LineCounter();
  const positionOf = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    // Ours takes linear time.
    uniqueKeys: false,
    stringKeys: true,
    schema: 'core',
    version: '1.2',
    resolveKnownTags: false,
    logLevel: 'error',
  });
  // What follows the first may be its consequence.
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined) {
    faults.add(positionOf(error.pos[0]), '', `not YAML as it is read here: ${SYNTAX[error.code]}`);
    return undefined;
  }
  if (document.directives?.yaml.explicit) {
    faults.add(positionOf(0), '', 'directives are not allowed; the file is read as YAML 1.2');
  }
  const root = document.contents as ParsedNode | null;
  const node = new Reader(text, faults, positionOf).node(root, positionOf(0), 0);
  return faults.list.length > 0 ? undefined : node;
}

class Reader {
  readonly #text: string;
  readonly #faults: Faults;
  readonly #positionOf: (offset: number) => Position;

  constructor(text: string, faults: Faults, positionOf: (offset: number) => Position) {
    this.#text = text;
    this.#faults = faults;
    this.#positionOf = positionOf;
  }

  /** `at`: of what is not there. */
  node(node: ParsedNode | null, at: Position, depth: number): Node {
    if (node === null) return nothing(at);
    const start = this.#positionOf(node.range[0]);
    const refused = depth > MAX_DEPTH ? SYNTAX.RESOURCE_EXHAUSTION : refusalOf(node);
    if (refused !== undefined || isAlias(node)) {
      this.#faults.add(start, '', refused ?? ALIAS);
      return nothing(start);
    }
    if (isMap(node)) {
      const pairs = node.items as Pair<ParsedNode, ParsedNode | null>[];
      return { kind: 'map', at: start, entries: this.#entries(pairs, depth) };
    }
    if (isSeq(node)) {
      const items = node.items.map((item) => this.node(item as ParsedNode, start, depth + 1));
      return { kind: 'list', at: start, items };
    }
    const source = this.#text.slice(node.range[0], node.range[1]);
    const value = node.value as ScalarNode['value'];
    return source === '' ? nothing(at) : { kind: 'scalar', at: start, value, source };
  }

  #entries(pairs: readonly Pair<ParsedNode, ParsedNode | null>[], depth: number): Entry[] {
    const lineOf = new Map<string, number>();
    const entries: Entry[] = [];
    for (const { key, value } of pairs) {
      const at = this.#positionOf(key.range[0]);
      const found = this.node(key, at, depth + 1);
      const name = found.kind === 'scalar' ? String(found.value ?? '') : '';
      const before = lineOf.get(name);
      if (before !== undefined) {
        this.#faults.add(at, '', `${shownName(name)} occurs twice; first in line ${before}`);
      } else if (REFUSED_NAMES.has(name)) {
        this.#faults.add(at, '', `${name} cannot be a name`);
      } else if (name === '<<') {
        this.#faults.add(at, '', 'merge keys are not allowed');
      } else {
        entries.push({ name, at, value: this.node(value, at, depth + 1) });
      }
      lineOf.set(name, before ?? at.line);
    }
    return entries;
  }
}

function nothing(at: Position): ScalarNode {
  return { kind: 'scalar', at, value: null, source: '' };
}

function refusalOf(node: ParsedNode): string | undefined {
  if (isAlias(node)) return ALIAS;
  if (node.anchor !== undefined) return 'anchors are not allowed';
  return node.tag === undefined ? undefined : SYNTAX.TAG_RESOLVE_FAILED;
}
