import { type Node, shown } from './node.ts';
import type { Shape } from './shape.ts';

/** `hidden`: what is not allowed and looks like this may be a secret, and is not shown. */
export function text(allowed: string, pattern: RegExp, hidden?: RegExp): Shape<string> {
  return {
    allowed,
    schema: { type: 'string', pattern: pattern.source },
    inner: [],
    read(spot) {
      const { text: value, node } = spot;
      if (value !== undefined && pattern.test(value)) return value;
      const isHidden = node.kind === 'scalar' && node.source !== '' && hidden?.test(node.source);
      return isHidden
        ? spot.wanted(this.allowed, 'what it holds (not shown)')
        : spot.wanted(this.allowed, shown(node) + quotesHint(node, pattern));
    },
  };
}

/** YAML takes some texts for a number, or for true or false. */
function quotesHint(node: Node, pattern: RegExp): string {
  if (node.kind !== 'scalar' || typeof node.value === 'string' || node.source === '') return '';
  return pattern.test(node.source) ? ' without quotes' : '';
}

/** Decimal digits alone: not every reader takes other ways to write a number for the same. */
export function integer(min: number, max: number, unit: string): Shape<number> {
  const allowed = `an integer of ${unit} from ${min} to ${max}`;
  return {
    allowed,
    schema: { type: 'integer', minimum: min, maximum: max },
    inner: [],
    read(spot) {
      const { node } = spot;
      const isInteger = node.kind === 'scalar' && /^(0|[1-9]\d{0,14})$/.test(node.source);
      const value = isInteger ? Number(node.value) : Number.NaN;
      return value >= min && value <= max ? value : spot.wanted(this.allowed);
    },
  };
}

/** One of some values, written just so. */
export function choice<const V extends readonly (string | number | boolean)[]>(
  ...values: V
): Shape<V[number]> {
  const allowed = values.length > 1 ? `one of ${values.join(', ')}` : `${values[0]}`;
  return {
    allowed,
    schema: { enum: values },
    inner: [],
    read(spot) {
      const { node } = spot;
      const found =
        node.kind === 'scalar' ? values.find((value) => value === node.value) : undefined;
      return found ?? spot.wanted(this.allowed);
    },
  };
}

export const flag: Shape<boolean> = { ...choice(true, false), allowed: 'true or false' };
