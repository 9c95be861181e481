import type { Check } from '../domain/check.ts';
import { outagePolicies, type Requirement } from '../domain/claims.ts';
import type { RouteFault } from '../domain/ports.ts';

/** Of names in context_extensions that are ours. All others belong to others. */
const PREFIX = 'sluice.';

export const UNKNOWN_EXTENSION = misconfigured('unknown_extension');
export const BAD_EXTENSION_VALUE = misconfigured('bad_extension_value');
export const UNKNOWN_POLICY = misconfigured('unknown_policy');

/** What extensions may change of a requirement. */
type Overrides = Partial<Pick<Requirement, 'scopes' | 'audiences' | 'anonymous' | 'outage'>>;

/** Each undefined for a value that it cannot have. */
const readers: Readonly<Record<string, (value: string) => Overrides | undefined>> = {
  /** Separated by spaces (RFC 6749, section 3.3). */
  required_scopes(value) {
    const scopes = value.split(' ').filter((scope) => scope !== '');
    return scopes.length > 0 && scopes.every((scope) => SCOPE.test(scope)) ? { scopes } : undefined;
  },
  /** Separated by commas. */
  audience(value) {
    const audiences = value.split(',').map((audience) => audience.trim());
    return audiences.includes('') ? undefined : { audiences };
  },
  anonymous(value) {
    if (value !== 'allow' && value !== 'deny') return undefined;
    return { anonymous: value === 'allow' };
  },
  outage_policy(value) {
    const outage = outagePolicies.find((policy) => policy === value);
    return outage && { outage };
  },
};

/** `scope-token` of RFC 6749, section 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

const FIELDS = Object.keys(readers);
const NAMES: ReadonlySet<string> = new Set(['policy', ...FIELDS]);

/** Values by name without the prefix. */
export type OwnExtensions = ReadonlyMap<string, string>;

/** Those that are ours; undefined = none. Does not look at values. */
export function ownExtensions(
  extensions: Check['extensions'],
): OwnExtensions | RouteFault | undefined {
  let own: Map<string, string> | undefined;
  for (const [name, value] of extensions) {
    if (!name.startsWith(PREFIX)) continue;
    const bare = name.slice(PREFIX.length);
    if (!NAMES.has(bare)) return UNKNOWN_EXTENSION;
    own ??= new Map();
    own.set(bare, value);
  }
  return own;
}

/**
 * The same for the same values, whatever the order in which they came (that of a protobuf map is
 * random), and another for others. '' = nothing is changed.
 */
export function overridesKey(own: OwnExtensions): string {
  let key = '';
  for (const name of FIELDS) {
    const value = own.get(name);
    if (value !== undefined) key += `${name} ${value.length} ${value} `;
  }
  return key;
}

/** What they change of a requirement. */
export function readOverrides(own: OwnExtensions): Overrides | RouteFault {
  const overrides: Overrides = {};
  for (const name of FIELDS) {
    const value = own.get(name);
    if (value === undefined) continue;
    const read = readers[name]?.(value);
    if (read === undefined) return BAD_EXTENSION_VALUE;
    Object.assign(overrides, read);
  }
  return overrides;
}

function misconfigured(detail: string): RouteFault {
  return Object.freeze({ kind: 'route_fault', reason: 'misconfigured', detail });
}
