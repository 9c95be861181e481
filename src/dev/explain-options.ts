import type { Check } from '../domain/check.ts';
import { UsageError } from '../usage-error.ts';

/** As they stand on the command line. */
export interface ExplainOptions {
  readonly token?: string | undefined;
  readonly method?: string | undefined;
  readonly path?: string | undefined;
  readonly host?: string | undefined;
  readonly header?: readonly string[] | undefined;
  readonly extension?: readonly string[] | undefined;
  readonly redis?: boolean | undefined;
}

export interface ExplainRequest {
  readonly redis: boolean;
  /** The Check that Envoy would send. `token`: in the Authorization header. */
  check(token: string | undefined): Check;
}

const HEADER = /^([!#$%&'*+.^_`|~\w-]+):\s*(.*)$/;
const EXTENSION = /^([^=]+)=(.*)$/;

export function readExplainOptions(options: ExplainOptions): ExplainRequest {
  const { method = 'GET', path = '/', host = 'localhost', redis = false } = options;
  if (!/^[A-Z]+$/.test(method)) {
    throw new UsageError(`--method cannot be ${JSON.stringify(method)}; it must be in capitals`);
  }
  if (!path.startsWith('/') && path !== '*') {
    throw new UsageError(`--path cannot be ${JSON.stringify(path)}; it must begin with "/"`);
  }
  const headers = pairs('--header', options.header ?? [], HEADER, 'name: value');
  const extensions = pairs('--extension', options.extension ?? [], EXTENSION, 'name=value');
  return {
    redis,
    check(token) {
      const all = new Map(headers.map(([name, value]) => [name.toLowerCase(), value]));
      if (token !== undefined) {
        if (all.has('authorization'))
          throw new UsageError('--token and a header authorization are two tokens');
        all.set('authorization', `Bearer ${token}`);
      }
      return {
        ...{ fault: undefined, method, path, host, extensions, certificateThumbprint: undefined },
        header: (name) => all.get(name),
        rpcHeader: () => undefined,
      };
    },
  };
}

function pairs(
  option: string,
  texts: readonly string[],
  pattern: RegExp,
  form: string,
): readonly (readonly [string, string])[] {
  return texts.map((text) => {
    const [, name, value] = pattern.exec(text) ?? [];
    // What it holds may be a token.
    if (name === undefined || value === undefined)
      throw new UsageError(`${option} must be "${form}"`);
    return [name, value] as const;
  });
}
