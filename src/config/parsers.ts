import { accessSync, constants } from 'node:fs';
import { type Read, Setting } from './setting.ts';

/** Outer spaces do not count. */
function parser<T>(allowed: string, read: Read<T>): Setting<T> {
  return Setting.of(allowed, (text) => read(text.trim()));
}

export function integer(min: number, max: number, unit = '') {
  const what = unit === '' ? 'an integer' : `an integer of ${unit}`;
  return parser(`${what} from ${min} to ${max}`, (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : undefined;
  });
}

export function share() {
  return parser('a number from 0 to 1', (text) => {
    const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
    return value <= 1 ? value : undefined;
  });
}

/** Also what Go's strconv.ParseBool takes. */
export function boolean() {
  return parser('true or false', (text) => {
    if (/^(true|1|t|yes|on)$/i.test(text)) return true;
    return /^(false|0|f|no|off)$/i.test(text) ? false : undefined;
  });
}

/** One of the names, in any case. */
export function choice<const T extends readonly string[]>(names: T) {
  return parser<T[number]>(`one of ${names.join(', ')}`, (text) =>
    names.find((name) => name.toLowerCase() === text.toLowerCase()),
  );
}

export function text(allowed: string, pattern = /^.+$/s) {
  return parser(allowed, (value) => (pattern.test(value) ? value : undefined));
}

/** Every character as it was given, outer spaces too. */
export function verbatim(allowed: string) {
  return Setting.of(allowed, (value) => value);
}

/** Items between separators; each has to match. */
export function list(allowed: string, separator: RegExp, item: RegExp) {
  return parser<readonly string[]>(allowed, (value) => {
    const items = value.split(separator).filter((part) => part !== '');
    return items.length > 0 && items.every((part) => item.test(part)) ? items : undefined;
  });
}

/** Of a key and a value; the value may have more equals signs. */
const PAIR = /^\s*([^=\s][^=]*?)\s*=\s*(.*?)\s*$/s;

/** `key=value,…`, percent-encoded (W3C Baggage, as OTEL_RESOURCE_ATTRIBUTES has it). */
export function pairs() {
  return parser('key=value pairs, separated by commas', (value) => {
    const found: [string, string][] = [];
    try {
      for (const item of value.split(',')) {
        const [, key, encoded] = PAIR.exec(item) ?? [];
        if (key === undefined || encoded === undefined) return undefined;
        found.push([key, decodeURIComponent(encoded)]);
      }
      return Object.fromEntries(found);
    } catch {
      return undefined;
    }
  });
}

export function readableFile() {
  return parser('the path of a file that can be read', (path) => {
    try {
      accessSync(path, constants.R_OK);
      return path;
    } catch {
      return undefined;
    }
  });
}

/** For what has a grammar of its own. */
export function custom<T>(allowed: string, read: Read<T>) {
  return parser(allowed, read);
}
