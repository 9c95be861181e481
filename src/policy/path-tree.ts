import type { PathPattern } from './path-pattern.ts';

/** No rule. */
export const NONE = Number.POSITIVE_INFINITY;

/**
 * Rules by the segments of their paths; a rule is a number, and the lowest one that is for a path
 * counts. A branch that has no lower one than what was found is not entered, and none twice: the
 * work is bounded by the rules, not by the path.
 *
 *     0 GET /users/{id}   1 * /users/**   2 * /users/me
 *
 *     root ── users (open: * 1) ─┬─ me (closed: * 2)
 *                                └─ {} (closed: GET 0, HEAD 0)
 */
export class PathTree {
  readonly #root = new Node();

  /** In rising order of `rule`. `methods`: empty = all; GET covers HEAD. */
  add({ segments, open }: PathPattern, methods: readonly string[], rule: number): void {
    let node = this.#root;
    node.lowest = Math.min(node.lowest, rule);
    for (const segment of segments) {
      node = node.grow(segment);
      node.lowest = Math.min(node.lowest, rule);
    }
    (open ? node.open : node.closed).add(methods, rule);
  }

  /** The lowest rule below `limit`, else `limit`. `path`: from normalisePath(). */
  find(method: string, path: string, limit: number): number {
    return search(this.#root, method, path, path.startsWith('/') ? 1 : 0, limit);
  }
}

class Node {
  readonly literals = new Map<string, Node>();
  parameter: Node | undefined;
  /** Of rules for paths that end here. */
  readonly closed = new Methods();
  /** Of rules for paths that end here or go on. */
  readonly open = new Methods();
  /** Of all rules here and below. */
  lowest = NONE;

  grow(segment: string | undefined): Node {
    if (segment === undefined) {
      this.parameter ??= new Node();
      return this.parameter;
    }
    const known = this.literals.get(segment) ?? new Node();
    this.literals.set(segment, known);
    return known;
  }
}

/** The lowest rule for each method. */
class Methods {
  #any = NONE;
  readonly #named = new Map<string, number>();

  add(methods: readonly string[], rule: number): void {
    if (methods.length === 0) this.#any = Math.min(this.#any, rule);
    for (const method of methods) {
      this.#name(method, rule);
      if (method === 'GET') this.#name('HEAD', rule);
    }
  }

  find(method: string): number {
    return Math.min(this.#any, this.#named.get(method) ?? NONE);
  }

  #name(method: string, rule: number): void {
    this.#named.set(method, Math.min(this.#named.get(method) ?? NONE, rule));
  }
}

/** `start`: of the segment to look at. */
function search(node: Node, method: string, path: string, start: number, limit: number): number {
  if (node.lowest >= limit) return limit;
  let best = Math.min(limit, node.open.find(method));
  if (start >= path.length) return Math.min(best, node.closed.find(method));
  const slash = path.indexOf('/', start);
  const stop = slash === -1 ? path.length : slash;
  const child = node.literals.get(path.slice(start, stop));
  if (child !== undefined) best = search(child, method, path, stop + 1, best);
  if (node.parameter !== undefined) best = search(node.parameter, method, path, stop + 1, best);
  return best;
}
