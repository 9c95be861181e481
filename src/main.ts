#!/usr/bin/env -S node --no-maglev --no-sparkplug --v8-pool-size=1 --max-semi-space-size=8
import { parseArgs } from 'node:util';
import { helpText } from './config/help.ts';
import { SettingsError } from './config/read.ts';
import { UsageError } from './usage-error.ts';
import { nodeFault, version } from './version.ts';

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;
/** EX_CONFIG (sysexits.h): a supervisor need not try again with the same settings. */
const EXIT_CONFIG = 78;
const DEFAULT_ADDRESS = '127.0.0.1:50051';
/** Options that may be given more than once. */
const SEVERAL: readonly string[] = ['header', 'extension'];

interface Command {
  /** How many arguments it takes; undefined: it sees to that itself. */
  readonly takes: number | undefined;
  /** Options that go with it. */
  readonly options: readonly string[];
  run(args: readonly string[], options: Options): Promise<void>;
}

type Options = ReturnType<typeof parse>['values'];

/** Commands are loaded when they are run: what one does not need costs it no memory. */
const commands: Readonly<Record<string, Command>> = {
  __proto__: null as never, // or "constructor" would be one
  serve: {
    takes: 0,
    options: ['print-config'],
    run: async (_, options) =>
      (await import('./commands/serve.ts')).serve(options['print-config'] ?? false),
  },
  dev: {
    takes: 0,
    options: [],
    run: async () => (await import('./commands/dev.ts')).dev(),
  },
  revoke: {
    takes: undefined,
    options: ['jti', 'sid', 'sub', 'kid', 'all', 'issuer', 'before', 'ttl', 'undo'],
    run: async (args, options) => (await import('./commands/revoke.ts')).revoke(args, options),
  },
  check: {
    takes: 1,
    options: ['address'],
    run: async ([token], { address }) =>
      (await import('./commands/check.ts')).check(address ?? DEFAULT_ADDRESS, token as string),
  },
  explain: {
    takes: 0,
    options: ['token', 'method', 'path', 'host', 'header', 'extension', 'redis'],
    run: async (_, options) => (await import('./commands/explain.ts')).explain(options),
  },
};

async function main(args: readonly string[]): Promise<void> {
  const fault = nodeFault(process.versions.node);
  if (fault !== undefined) throw new Error(fault);
  const { values, positionals } = parse(args);
  if (values.help) return print(helpText);
  if (values.version) return print(`${version}\n`);
  const [name, ...rest] = positionals;
  const command = name === undefined ? undefined : commands[name];
  if (command === undefined) {
    throw new UsageError(name === undefined ? 'no command given' : `unknown command: ${name}`);
  }
  if (command.takes !== undefined && rest.length !== command.takes) {
    throw new UsageError(`${name} takes ${command.takes} arguments, got ${rest.length}`);
  }
  for (const option of Object.keys(values)) {
    if (!command.options.includes(option)) throw new UsageError(`--${option} is not for ${name}`);
  }
  await command.run(rest, values);
}

function parse(args: readonly string[]) {
  const parsed = parseOrTell(args);
  const names = parsed.tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []));
  const once = names.filter((name) => !SEVERAL.includes(name));
  const twice = once.find((name, i) => once.indexOf(name) < i);
  // The last one would win, and the other be passed over in silence.
  if (twice !== undefined) throw new UsageError(`--${twice} is given twice`);
  return parsed;
}

function parseOrTell(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      tokens: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
        'print-config': { type: 'boolean' },
        address: { type: 'string' },
        jti: { type: 'string' },
        sid: { type: 'string' },
        sub: { type: 'string' },
        kid: { type: 'string' },
        all: { type: 'boolean' },
        issuer: { type: 'string' },
        before: { type: 'string' },
        ttl: { type: 'string' },
        undo: { type: 'boolean' },
        token: { type: 'string' },
        method: { type: 'string' },
        path: { type: 'string' },
        host: { type: 'string' },
        header: { type: 'string', multiple: true },
        extension: { type: 'string', multiple: true },
        redis: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function print(text: string): void {
  process.stdout.write(text);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const { message } = error as Error;
  process.stderr.write(`sluice: ${message}\n`);
  if (error instanceof UsageError) process.stderr.write('Try: sluice --help\n');
  if (error instanceof UsageError) process.exitCode = EXIT_USAGE;
  else process.exitCode = error instanceof SettingsError ? EXIT_CONFIG : EXIT_FAILURE;
}
