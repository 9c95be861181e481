import { FieldCursor, WireType } from './fields.ts';

const KEY = 1;
const VALUE = 2;
const RAW_VALUE = 3;

const KEY_TAG = (KEY << 3) | WireType.LENGTH_DELIMITED;
const VALUE_TAG = (VALUE << 3) | WireType.LENGTH_DELIMITED;

/**
 * One name and value: an entry of a `map<string, string>`, or Envoy's `HeaderValue`, which has the
 * same numbers and a `raw_value` beside them. Reused; holds the bounds of what it read last.
 */
export class Entry {
  keyStart = 0;
  keyStop = 0;
  valueStart = 0;
  valueStop = 0;
  readonly #cursor: FieldCursor;
  readonly #hasRawValue: boolean;

  /** `level`: how many messages it stands in. */
  constructor(kind: 'map-entry' | 'header-value', level: number) {
    this.#cursor = new FieldCursor(level);
    this.#hasRawValue = kind === 'header-value';
  }

  /** False when the bytes are no such message. What is absent is empty. */
  read(bytes: Uint8Array, start: number, stop: number): boolean {
    return this.#readUsual(bytes, start, stop) || this.#readAny(bytes, start, stop);
  }

  /**
   * A key of less than 128 bytes, then a value, and nothing else: what Envoy sends. It halves what a
   * request takes to decode.
   */
  #readUsual(bytes: Uint8Array, start: number, stop: number): boolean {
    if (stop - start < 4 || bytes[start] !== KEY_TAG) return false;
    const keyLength = bytes[start + 1] as number;
    const keyStart = start + 2;
    const keyStop = keyStart + keyLength;
    if (keyLength >= 0x80 || keyStop + 2 > stop || bytes[keyStop] !== VALUE_TAG) return false;
    let valueStart = keyStop + 2;
    let length = bytes[keyStop + 1] as number;
    if (length >= 0x80) {
      const high = bytes[valueStart++] as number;
      if (high === 0 || high >= 0x80) return false;
      length += (high - 1) << 7;
    }
    if (valueStart + length !== stop) return false;
    this.keyStart = keyStart;
    this.keyStop = keyStop;
    this.valueStart = valueStart;
    this.valueStop = stop;
    return true;
  }

  #readAny(bytes: Uint8Array, start: number, stop: number): boolean {
    const cursor = this.#cursor.over(bytes, start, stop);
    this.keyStart = this.keyStop = this.valueStart = this.valueStop = 0;
    let rawStart = 0;
    let rawStop = 0;
    while (cursor.next()) {
      if (cursor.is(KEY)) {
        this.keyStart = cursor.start;
        this.keyStop = cursor.stop;
      } else if (cursor.is(VALUE)) {
        this.valueStart = cursor.start;
        this.valueStop = cursor.stop;
      } else if (this.#hasRawValue && cursor.is(RAW_VALUE)) {
        rawStart = cursor.start;
        rawStop = cursor.stop;
      }
    }
    if (rawStop > rawStart) {
      this.valueStart = rawStart;
      this.valueStop = rawStop;
    }
    return !cursor.broken;
  }

  /** `name` in ASCII. */
  keyIs(bytes: Uint8Array, name: string): boolean {
    const { keyStart, keyStop } = this;
    if (keyStop - keyStart !== name.length) return false;
    for (let i = 0; i < name.length; i++) {
      if (bytes[keyStart + i] !== name.charCodeAt(i)) return false;
    }
    return true;
  }
}
