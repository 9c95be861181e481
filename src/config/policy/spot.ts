import { type Node, type Position, shown, shownName } from './node.ts';

/** A file of another kind altogether has a fault in every line. */
const MAX_LISTED = 100;

interface Found extends Position {
  readonly text: string;
}

/** What is wrong with one file. */
export class Faults {
  readonly #file: string;
  readonly #found: Found[] = [];

  /** `file`: as messages name it. */
  constructor(file: string) {
    this.#file = file;
  }

  /** `path`: of the field, such as `issuers[0].keys`; '' = the file itself. */
  add({ line, column }: Position, path: string, what: string): void {
    this.#found.push({ line, column, text: this.prefix({ line, column }, path) + what });
  }

  prefix({ line, column }: Position, path: string): string {
    return `${this.#file}:${line}:${column}: ${path === '' ? '' : `${path}: `}`;
  }

  /** In the order of the file. */
  get list(): readonly string[] {
    const all = this.#found
      .toSorted((a, b) => a.line - b.line || a.column - b.column)
      .map(({ text }) => text);
    const left = all.length - MAX_LISTED;
    return left > 0 ? [...all.slice(0, MAX_LISTED), `${this.#file}: and ${left} more`] : all;
  }
}

/** A node, and the way to it from the top of the file. */
export class Spot {
  readonly node: Node;
  readonly path: string;
  readonly #faults: Faults;

  constructor(node: Node, faults: Faults, path = '') {
    this.node = node;
    this.path = path;
    this.#faults = faults;
  }

  /** `FILE:LINE:COLUMN: PATH: `, for what is found out about it later. */
  get prefix(): string {
    return this.#faults.prefix(this.node.at, this.path);
  }

  /** Undefined when it is no text. */
  get text(): string | undefined {
    const { node } = this;
    return node.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined;
  }

  /** None when it is no list. */
  get items(): readonly Spot[] {
    const { node } = this;
    return node.kind === 'list' ? node.items.map((item, i) => this.#inner(item, `[${i}]`)) : [];
  }

  /** None when it is no map. `at`: where the name stands. */
  get fields(): readonly (readonly [name: string, value: Spot, at: Position])[] {
    const { node } = this;
    if (node.kind !== 'map') return [];
    return node.entries.map(({ name, at, value }) => [name, this.#named(name, value), at]);
  }

  field(name: string): Spot | undefined {
    const { node } = this;
    const entry = node.kind === 'map' && node.entries.find((one) => one.name === name);
    return entry ? this.#named(name, entry.value) : undefined;
  }

  /** As if `value` were written there. */
  assumed(name: string, value: Node): Spot {
    return this.#named(name, value);
  }

  /** With another node in its place. */
  instead(node: Node): Spot {
    return new Spot(node, this.#faults, this.path);
  }

  fault(what: string, at = this.node.at): undefined {
    this.#faults.add(at, this.path, what);
    return undefined;
  }

  /** Something else stands here than what is `allowed`. */
  wanted(allowed: string, read = shown(this.node)): undefined {
    return this.fault(`${read} read; ${allowed} wanted`);
  }

  missing(allowed: string): undefined {
    return this.fault(`missing; ${allowed} wanted`);
  }

  #named(name: string, value: Node): Spot {
    const shownAs = shownName(name);
    return this.#inner(value, this.path === '' ? shownAs : `.${shownAs}`);
  }

  #inner(node: Node, step: string): Spot {
    return new Spot(node, this.#faults, this.path + step);
  }
}
