import { text } from 'node:stream/consumers';
import { ensureTool } from '../../scripts/lib/tools.ts';
import { freePort } from '../../test/support/free-port.ts';
import { startChild } from '../lib/child.ts';
import { type LocustAnswer, parseLocust } from './answer.ts';
import type { TokenPlace } from './rig.ts';

const FILE = 'bench/locust/ext_authz.py';
const PATH = new URL('ext_authz.py', import.meta.url).pathname;

export interface Load {
  readonly place: TokenPlace;
  readonly users: number;
  /** Users that come each second. */
  readonly spawnRate: number;
  readonly seconds: number;
  /** Of Locust that make requests: one Python has one core at most. */
  readonly processes: number;
}

const userClasses = { header: 'ExtAuthzHeaderUser', cookie: 'ExtAuthzCookieUser' } as const;

/** The plan's own command line. */
function planArguments({ place, users, spawnRate, seconds }: Load, file: string, host: string) {
  return [
    ...['-f', file, '--host', host, '--users', `${users}`, '--spawn-rate', `${spawnRate}`],
    ...['--run-time', `${seconds}s`, '--headless', userClasses[place]],
  ];
}

/** As somebody would type it. */
export function commandText(load: Load): string {
  const more = load.processes > 1 ? ` --processes ${load.processes}` : '';
  const words = planArguments(load, FILE, 'http://localhost:8000').join(' ');
  return `ACCESS_TOKEN="<token>" AUTH_METHOD=${load.place} locust ${words}${more}`;
}

export interface RunningLocust {
  readonly pid: number;
  readonly answer: Promise<LocustAnswer>;
}

/** Rejects, with what Locust wrote to stderr, when it made no request. */
export async function startLocust(
  load: Load,
  { host, token }: { readonly host: string; readonly token: string },
  signal?: AbortSignal,
): Promise<RunningLocust> {
  const { path } = await ensureTool('locust');
  const command = [
    ...[path, '-m', 'locust', ...planArguments(load, PATH, host)],
    ...['--json', '--only-summary'],
    // Requests that fail are a result, and no reason to have none.
    ...['--exit-code-on-error', '0'],
    ...(load.processes > 1 ? await workerArguments(load.processes) : []),
  ];
  const env = { ACCESS_TOKEN: token, AUTH_METHOD: load.place };
  const child = startChild(command, signal, env);
  return { pid: child.pid, answer: answerOf(child) };
}

/** The master would listen everywhere. */
async function workerArguments(processes: number): Promise<readonly string[]> {
  const port = String(await freePort());
  const here = '127.0.0.1';
  return [
    ...['--processes', String(processes), '--master-host', here, '--master-port', port],
    ...['--master-bind-host', here, '--master-bind-port', port],
  ];
}

async function answerOf({ stdout, ended }: ReturnType<typeof startChild>): Promise<LocustAnswer> {
  const [printed, { code, stderr }] = await Promise.all([text(stdout), ended]);
  try {
    if (code !== 0) throw new Error(`it ended with ${code}`);
    return parseLocust(printed, stderr);
  } catch (error) {
    throw new Error(`locust: ${(error as Error).message}\n${stderr}`);
  }
}
