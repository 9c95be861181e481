import { perhapsMeant } from './nearest.ts';
import { type JsonObject, nodeOf, shown } from './node.ts';
import type { Fields, Inner, Shape, ValuesOf } from './shape.ts';
import type { Spot } from './spot.ts';

interface Bounds {
  readonly min?: number;
  readonly max?: number;
  /** What is no text may occur more than once. */
  readonly unique?: boolean;
}

export function list<T>(
  item: Shape<T>,
  { min = 0, max, unique = true }: Bounds = {},
): Shape<readonly T[]> {
  const size = max === undefined ? (min > 0 ? ` of ${min} or more` : '') : ` of ${min} to ${max}`;
  const allowed = `a list${size}, each ${item.allowed}`;
  return {
    allowed,
    schema: {
      type: 'array',
      items: item.schema,
      minItems: min,
      ...(max !== undefined && { maxItems: max }),
      uniqueItems: unique,
    },
    inner: [{ step: '[]', shape: item }],
    read(spot) {
      const { node, items } = spot;
      if (node.kind !== 'list') return spot.wanted(allowed);
      if (items.length < min || items.length > (max ?? items.length)) {
        const count = items.length === 0 ? 'an empty list' : `a list of ${items.length}`;
        return spot.wanted(allowed, count);
      }
      if (unique) refuseTwice(items);
      return allOf(items.map((one) => item.read(one)));
    },
  };
}

function refuseTwice(items: readonly Spot[]): void {
  const seen = new Set<string>();
  for (const item of items) {
    if (item.text === undefined) continue;
    if (seen.has(item.text)) item.fault(`${shown(item.node)} read a second time`);
    seen.add(item.text);
  }
}

/** Of names that the file chooses. */
export function map<T>(
  name: Shape<string>,
  value: Shape<T>,
  step: string,
): Shape<ReadonlyMap<string, T>> {
  const allowed = `a map from ${name.allowed} to ${value.allowed}`;
  return {
    allowed,
    schema: { type: 'object', propertyNames: name.schema, additionalProperties: value.schema },
    inner: [{ step, shape: value }],
    read(spot) {
      const { node, fields } = spot;
      if (node.kind !== 'map') return spot.wanted(allowed);
      const read = fields.map(([key, field, at]) => {
        const known = name.read(field.instead(nodeOf(key, at)));
        const found = value.read(field);
        return known === undefined || found === undefined ? undefined : ([known, found] as const);
      });
      const entries = allOf(read);
      return entries && new Map(entries);
    },
  };
}

/** Of names that are known. `oneOf`: of these there must be exactly one. */
export function object<const F extends Fields>(
  fields: F,
  ...oneOf: readonly (keyof F & string)[]
): Shape<ValuesOf<F>> {
  const names = Object.keys(fields);
  const allowed = oneOf.length > 0 ? `a map with exactly one of ${oneOf.join(', ')}` : 'a map';
  return {
    allowed,
    schema: objectSchema(fields, oneOf),
    inner: Object.entries(fields).map(
      ([step, field]): Inner => ({ step, shape: field.shape, field }),
    ),
    read(spot) {
      const { node } = spot;
      if (node.kind !== 'map') {
        // In the place of keys it may be a secret.
        const isHidden = oneOf.length > 0 && node.kind === 'scalar' && node.source !== '';
        return isHidden ? spot.wanted(allowed, 'a single value') : spot.wanted(allowed);
      }
      for (const [name, field, at] of spot.fields) {
        if (!names.includes(name)) field.fault(unknownField(name, names), at);
      }
      const given = oneOf.filter((name) => spot.field(name) !== undefined);
      if (oneOf.length > 0 && given.length !== 1) {
        spot.wanted(`exactly one of ${oneOf.join(', ')}`, given.join(' and ') || 'none of them');
      }
      const values = Object.entries(fields).map(([name, field]) => {
        const { shape, presence, fallback } = field;
        const assumed = spot.assumed(name, nodeOf(fallback ?? null, node.at));
        const written = spot.field(name) ?? (fallback === undefined ? undefined : assumed);
        if (written === undefined && presence === 'required') assumed.missing(shape.allowed);
        return [name, written && shape.read(written)];
      });
      return Object.fromEntries(values);
    },
  };
}

function unknownField(name: string, names: readonly string[]): string {
  return `unknown field${perhapsMeant(name, names)}; one of ${names.join(', ')} wanted`;
}

function objectSchema(fields: Fields, oneOf: readonly string[]): JsonObject {
  const entries = Object.entries(fields);
  const needed = entries.filter(([, { presence }]) => presence === 'required');
  return {
    type: 'object',
    properties: Object.fromEntries(
      entries.map(([name, { shape, description, fallback }]) => [
        name,
        { description, ...(fallback !== undefined && { default: fallback }), ...shape.schema },
      ]),
    ),
    required: needed.map(([name]) => name),
    additionalProperties: false,
    ...(oneOf.length > 0 && { oneOf: oneOf.map((name) => ({ required: [name] })) }),
  };
}

interface Kinds {
  readonly scalar: Shape<unknown>;
  readonly list?: Shape<unknown>;
  readonly map?: Shape<unknown>;
}

/** Different things, told apart by what they look like. */
export function eitherOf<K extends Kinds>(
  kinds: K,
): Shape<{ [Kind in keyof K]: K[Kind] extends Shape<infer T> ? T : never }[keyof K]> {
  const shapes = Object.values(kinds) as Shape<unknown>[];
  const allowed = shapes.map((shape) => shape.allowed).join(', or ');
  return {
    allowed,
    schema: { anyOf: shapes.map(({ schema }) => schema) },
    inner: shapes.flatMap(({ inner }) => inner),
    read(spot) {
      const shape = (kinds as Kinds)[spot.node.kind];
      if (shape === undefined) return spot.wanted(this.allowed);
      const isScalar = spot.node.kind === 'scalar';
      return (isScalar ? { ...shape, allowed } : shape).read(spot) as never;
    },
  };
}

function allOf<T>(values: readonly (T | undefined)[]): readonly T[] | undefined {
  return values.includes(undefined) ? undefined : (values as readonly T[]);
}
