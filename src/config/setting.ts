/** Turns the text of a variable into a value; undefined when it is not allowed. */
export type Read<T> = (text: string) => T | undefined;

interface Parts<T> {
  /** What is allowed, as in "an integer from 1 to 10". */
  readonly allowed: string;
  readonly read: Read<T>;
  readonly description: string;
  /** Whether it may not be left out. */
  readonly required: boolean;
  /** Other variables, any of which takes its place. */
  readonly unless: readonly string[];
  /** The value when it is left out; undefined: there is none. */
  readonly fallback: T | undefined;
  /** Never shown; may be given as a file by NAME_FILE. */
  readonly secret: boolean;
}

/** What one variable of the environment may hold, and what it means. Immutable. */
export class Setting<T> {
  readonly #parts: Parts<T>;

  static of<T>(allowed: string, read: Read<T>): Setting<T> {
    const parts = { description: '', required: true, fallback: undefined, secret: false };
    return new Setting<T>({ ...parts, unless: [], allowed, read });
  }

  private constructor(parts: Parts<T>) {
    this.#parts = parts;
  }

  get info(): Omit<Parts<T>, 'read'> {
    return this.#parts;
  }

  /** The value of a variable that is set to `text`, or not set. */
  parse(text: string | undefined): { readonly value: T } | 'not allowed' {
    const { required, fallback, read } = this.#parts;
    if (text === undefined) return required ? 'not allowed' : { value: fallback as T };
    const value = read(text);
    return value === undefined ? 'not allowed' : { value };
  }

  default(fallback: T): Setting<T> {
    return new Setting({ ...this.#parts, required: false, fallback });
  }

  optional(): Setting<T | undefined> {
    return new Setting<T | undefined>({ ...this.#parts, required: false });
  }

  /** Required, but for where one of these is set. */
  unless(...others: readonly string[]): Setting<T | undefined> {
    return new Setting<T | undefined>({ ...this.#parts, unless: others });
  }

  secret(): Setting<T> {
    return new Setting({ ...this.#parts, secret: true });
  }

  describe(description: string): Setting<T> {
    return new Setting({ ...this.#parts, description });
  }
}

/** The values that a record of settings has. */
export type ValuesOf<S extends Readonly<Record<string, Setting<unknown>>>> = {
  readonly [Name in keyof S]: S[Name] extends Setting<infer T> ? T : never;
};
