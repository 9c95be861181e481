import { type JsonObject, jsonOf } from './node.ts';
import type { Shape } from './shape.ts';
import type { Spot } from './spot.ts';

export interface JwkSet {
  readonly keys: readonly JsonObject[];
}

const allowed = 'a map with keys: a list of JWKs, each a map with kty';

/** A JWK set (RFC 7517, section 5), what stands in it taken as it is: a key may have more members. */
export const keyList: Shape<JwkSet> = {
  allowed,
  schema: {
    type: 'object',
    properties: {
      keys: {
        type: 'array',
        minItems: 1,
        items: { type: 'object', properties: { kty: { type: 'string' } }, required: ['kty'] },
      },
    },
    required: ['keys'],
  },
  inner: [],
  read(spot) {
    const keys = spot.field('keys');
    if (keys === undefined) return spot.wanted(allowed, notShown(spot, 'keys'));
    if (keys.items.length === 0) return keys.wanted('a list of 1 or more JWKs', notShown(keys, ''));
    for (const key of keys.items) {
      if (key.field('kty')?.text === undefined) key.wanted('a JWK with kty', notShown(key, 'kty'));
      // RFC 7518, sections 6.2.2 and 6.3.2; RFC 8037, section 2.
      else if (key.field('d') !== undefined)
        key.wanted('a public one, without d,', 'a private key');
    }
    return jsonOf(spot.node) as unknown as JwkSet;
  },
};

/** A key may stand where it does not belong. `lacks`: what a map does not have. */
function notShown({ node }: Spot, lacks: string): string {
  if (node.kind === 'map') return lacks === '' ? 'a map' : `a map without ${lacks}`;
  if (node.kind === 'list') return node.items.length === 0 ? 'an empty list' : 'a list';
  return node.source === '' ? 'nothing' : 'what it holds (not shown)';
}
