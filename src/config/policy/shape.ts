import type { Json, JsonObject } from './node.ts';
import type { Spot } from './spot.ts';

/** What may stand at one place of a file. */
export interface Shape<T> {
  /** As in "an integer of seconds from 0 to 300". */
  readonly allowed: string;
  /** JSON Schema, draft 2020-12. */
  readonly schema: JsonObject;
  /** What stands inside; `step`: how a path goes on to it. */
  readonly inner: readonly Inner[];
  /** Undefined when it is not `this.allowed`, and the spot is told so. Never throws. */
  read(spot: Spot): T | undefined;
}

export interface Inner {
  readonly step: string;
  readonly shape: Shape<unknown>;
  /** Of a map whose names are known. */
  readonly field?: Field<unknown>;
}

/** One name of a map: what it holds, what it means, and what holds when it is left out. */
export interface Field<T> {
  readonly shape: Shape<unknown>;
  readonly description: string;
  /** `inherited`: what is left out is as it is further up. */
  readonly presence: 'required' | 'optional' | 'inherited';
  /** As it would be written. */
  readonly fallback: Json | undefined;
  /** Never there: it carries the type of what is read. */
  readonly value?: T;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;

/** The values that a record of fields has. */
export type ValuesOf<F extends Fields> = {
  readonly [Name in keyof F]: F[Name] extends Field<infer T> ? T : never;
};

export type ShapeValue<S> = S extends Shape<infer T> ? T : never;

export function required<T>(shape: Shape<T>, description: string): Field<T> {
  return { shape, description, presence: 'required', fallback: undefined };
}

export function optional<T>(shape: Shape<T>, description: string): Field<T | undefined> {
  return { shape, description, presence: 'optional', fallback: undefined };
}

/** `fallback` is read as if it were written in the file. */
export function defaulted<T>(shape: Shape<T>, fallback: Json, description: string): Field<T> {
  return { shape, description, presence: 'optional', fallback };
}

/** The same fields, where each that is left out is as it is further up. */
export function inherited<F extends Fields>(
  fields: F,
): { readonly [Name in keyof F]: F[Name] extends Field<infer T> ? Field<T | undefined> : never } {
  const all = Object.entries(fields).map(([name, field]) => [
    name,
    { ...field, presence: 'inherited', fallback: undefined },
  ]);
  return Object.fromEntries(all);
}
