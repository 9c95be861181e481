import { normalisePath } from './path.ts';

/**
 * Which paths a rule is for. A slash at the end of a path makes no difference to any of them,
 * because to many upstreams it makes none.
 *
 * - `exact`: `/admin` is for `/admin` and `/admin/`.
 * - `prefix`: `/admin` is for these and what is below, `/admin/x`, and never for `/administrator`.
 * - `template`: `{name}` stands for one segment, whatever it is; `/**` at the end for all that
 *   follows, or nothing. `/users/{id}/**` is for `/users/7`, `/users/7/` and `/users/7/a/b`.
 *
 * Like a path in a request, one in a rule may write any character as its escape.
 */
export interface PathRule {
  readonly kind: 'exact' | 'prefix' | 'template';
  /** Begins with a slash. */
  readonly value: string;
}

export interface PathPattern {
  /** As normalisePath() gives them; undefined = any one. */
  readonly segments: readonly (string | undefined)[];
  /** Whether more segments may follow. */
  readonly open: boolean;
}

const PARAMETER = /^\{\w+\}$/;
const REST = '**';
/** Where it is no pattern it was likely meant for one, or as a query: to be written as an escape. */
const NOT_LITERAL = /^$|[{}*?]/;

/** Throws an Error that names what was read and what is allowed. */
export function readPattern({ kind, value }: PathRule): PathPattern {
  const isTemplate = kind === 'template';
  const parts = value.split('/');
  const hasRest = isTemplate && parts.at(-1) === REST;
  if (hasRest || parts.at(-1) === '') parts.pop();
  const [start, ...names] = parts;
  if (start !== '') throw new Error(`path ${quote(value)}: must begin with "/"`);
  return {
    segments: names.map((name) =>
      isTemplate && PARAMETER.test(name) ? undefined : literal(name, value),
    ),
    open: hasRest || kind === 'prefix',
  };
}

function literal(segment: string, value: string): string {
  const path = NOT_LITERAL.test(segment) ? undefined : normalisePath(`/${segment}`);
  if (path !== undefined) return path.slice(1);
  throw new Error(
    `path ${quote(value)}: the segment ${quote(segment)} is not one that a request could have; ` +
      'allowed are ASCII and escapes of UTF-8 ("%20"), and in templates "{name}" and "/**" at the end',
  );
}

const quote = (text: string) => JSON.stringify(text);
