import { LRUCache } from 'lru-cache';
import type { Requirement } from '../domain/claims.ts';
import type { PolicyResolver, RouteFault } from '../domain/ports.ts';
import {
  type OwnExtensions,
  overridesKey,
  ownExtensions,
  readOverrides,
  UNKNOWN_POLICY,
} from './extensions.ts';
import { normalisePath } from './path.ts';
import type { RouteTable } from './route-table.ts';

export interface ResolverOptions {
  /** Undefined = no rules: paths are not looked at. */
  readonly routes: RouteTable<Requirement> | undefined;
  /** Holds where no rule does. */
  readonly fallback: Requirement;
  /** What the extension `sluice.policy` can choose. */
  readonly named: ReadonlyMap<string, Requirement>;
}

const AMBIGUOUS_PATH: RouteFault = Object.freeze({
  kind: 'route_fault',
  reason: 'ambiguous_path',
  detail: 'ambiguous_path',
});

/**
 * What holds for a check: what its rule says, else the fallback; in place of that the policy that
 * Envoy's route names; of that, changed what the other extensions of the route say.
 *
 * A preflight is looked up like any request, and so is what has no path (CONNECT, a TCP check):
 * where there are rules, its path is ambiguous.
 */
export function createResolver({ routes, fallback, named }: ResolverOptions): PolicyResolver {
  const changed = new ChangedRequirements();
  return {
    resolve(check) {
      if (check.fault !== undefined) return fallback;
      let found = fallback;
      if (routes !== undefined) {
        const path = normalisePath(check.path);
        if (path === undefined) return AMBIGUOUS_PATH;
        found = routes.find(check.method, check.host, path) ?? fallback;
      }
      const own = ownExtensions(check.extensions);
      if (own === undefined) return found;
      if ('kind' in own) return own;
      const name = own.get('policy');
      const base = name === undefined ? found : named.get(name);
      return base === undefined ? UNKNOWN_POLICY : changed.of(base, own);
    },
  };
}

/** More than the routes of an Envoy that say something of their own. */
const MAX_CHANGED = 1000;

/** Requirements that extensions change: one object for each, by which the caches know it. */
class ChangedRequirements {
  readonly #made = new LRUCache<string, Requirement | RouteFault>({ max: MAX_CHANGED });
  readonly #ids = new WeakMap<Requirement, number>();
  #lastId = 0;

  of(base: Requirement, own: OwnExtensions): Requirement | RouteFault {
    const overrides = overridesKey(own);
    if (overrides === '') return base;
    const key = `${this.#idOf(base)} ${overrides}`;
    let made = this.#made.get(key);
    if (made === undefined) {
      made = change(base, own);
      this.#made.set(key, made);
    }
    return made;
  }

  #idOf(base: Requirement): number {
    let id = this.#ids.get(base);
    if (id === undefined) {
      id = ++this.#lastId;
      this.#ids.set(base, id);
    }
    return id;
  }
}

function change(base: Requirement, own: OwnExtensions): Requirement | RouteFault {
  const overrides = readOverrides(own);
  return 'kind' in overrides ? overrides : Object.freeze({ ...base, ...overrides });
}
