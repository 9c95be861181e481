import { type PathRule, readPattern } from './path-pattern.ts';
import { NONE, PathTree } from './path-tree.ts';

/** What holds for requests that have this method, host and path. */
export interface RouteRule<T> {
  /**
   * Exact, case and all (RFC 9110, section 9.1); empty = all. GET covers HEAD, because upstreams
   * answer a HEAD with what they do for a GET.
   */
  readonly methods: readonly string[];
  /**
   * Without a port, in any case. `*.example.com` is for all names below, at any depth, and not for
   * `example.com`. Undefined = all.
   */
  readonly host: string | undefined;
  readonly path: PathRule;
  readonly value: T;
}

const HOST = /^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$|^\[[0-9a-f:.]+\]$/;

/** The first rule that is for a request counts, in the order in which they are given. */
export class RouteTable<T> {
  readonly #values: readonly T[];
  readonly #everyHost = new PathTree();
  readonly #hosts = new Map<string, PathTree>();
  /** `.example.com`, and how long such names are. */
  readonly #suffixes = new Map<string, PathTree>();
  readonly #suffixLengths: readonly number[];

  /** Throws an Error that names the rule, what was read and what is allowed. */
  constructor(rules: readonly RouteRule<T>[]) {
    rules.forEach(({ host, path, methods }, index) => {
      try {
        this.#treeFor(host).add(readPattern(path), methods, index);
      } catch (error) {
        throw new Error(`rule ${index + 1}: ${(error as Error).message}`);
      }
    });
    this.#values = rules.map(({ value }) => value);
    this.#suffixLengths = [...new Set([...this.#suffixes.keys()].map(({ length }) => length))];
  }

  /** `host`: as a request has it, with its port; `path`: from normalisePath(). */
  find(method: string, host: string, path: string): T | undefined {
    let rule = this.#everyHost.find(method, path, NONE);
    if (this.#hosts.size > 0 || this.#suffixes.size > 0) {
      const name = hostName(host);
      rule = this.#hosts.get(name)?.find(method, path, rule) ?? rule;
      for (const length of this.#suffixLengths) {
        if (name.length <= length) continue;
        rule = this.#suffixes.get(name.slice(-length))?.find(method, path, rule) ?? rule;
      }
    }
    return this.#values[rule];
  }

  #treeFor(host: string | undefined): PathTree {
    if (host === undefined) return this.#everyHost;
    const name = host.toLowerCase();
    if (!HOST.test(name)) {
      throw new Error(
        `host ${JSON.stringify(host)}: must be a name, "*." and a name, or an address, without a port`,
      );
    }
    return name.startsWith('*') ? grow(this.#suffixes, name.slice(1)) : grow(this.#hosts, name);
  }
}

function grow(trees: Map<string, PathTree>, key: string): PathTree {
  const tree = trees.get(key) ?? new PathTree();
  trees.set(key, tree);
  return tree;
}

/**
 * In lower case, without the port and the dot of the root. Whatever follows the first colon goes,
 * because upstreams take it for the port, number or not.
 */
function hostName(host: string): string {
  const colon = host.indexOf(':', host.startsWith('[') ? host.indexOf(']') + 1 : 0);
  const name = colon === -1 ? host : host.slice(0, colon);
  return (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase();
}
