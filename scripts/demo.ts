import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { demoRequests, outcomeOf } from './lib/demo-requests.ts';
import { DEFAULT_PORTS, envoyConfig } from './lib/envoy-config.ts';
import { ensureTool } from './lib/tools.ts';
import { startUpstream } from './lib/upstream.ts';

const USAGE = `Usage: npm run demo [-- --help]

Runs Sluice in dev mode behind a real Envoy on port 8000, with an upstream that tells which headers
reached it, and shows what some requests get. Ctrl-C ends it. Envoy is installed into .tools when
there is none; ENVOY_BIN points to one of your own.
`;

const MAIN = join(import.meta.dirname, '../dist/main.js');
const ORIGIN = `localhost:${DEFAULT_PORTS.ingress}`;
const READY_MS = 15_000;
const POLL_MS = 50;

type Tokens = Readonly<Record<string, string>>;

const children: ChildProcess[] = [];

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const { path: envoy } = await ensureTool('envoy');
  const { upstream, upstreamGrpc } = DEFAULT_PORTS;
  await using _upstream = await startUpstream({ http: upstream, grpc: upstreamGrpc });
  const folder = await mkdtemp(join(tmpdir(), 'sluice-demo-'));
  try {
    const tokens = await startDevMode();
    await startEnvoy(envoy, folder);
    await show(tokens);
    await ended();
  } finally {
    for (const child of children) child.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Resolves with the sample tokens once dev mode is ready; its log goes on to stderr. */
function startDevMode(): Promise<Tokens> {
  const child = spawn(process.execPath, [MAIN, 'dev'], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const tokens: Record<string, string> = {};
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [, name, value] = /^(VALID|EXPIRED|REVOKED)=(\S+)$/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) tokens[name] = value;
      if (line.startsWith('Ready.')) resolve(tokens);
      if (line.startsWith('{')) process.stderr.write(`${line}\n`);
    });
    child.once('exit', (code) => reject(new Error(`dev mode ended with exit code ${code}`)));
  });
}

async function startEnvoy(envoy: string, folder: string): Promise<void> {
  const file = join(folder, 'envoy.yaml');
  await writeFile(file, envoyConfig(DEFAULT_PORTS));
  const log = join(folder, 'envoy.log');
  const options = ['--disable-hot-restart', '--log-level', 'warning', '--log-path', log];
  const child = spawn(envoy, ['--config-path', file, ...options], { stdio: 'ignore' });
  children.push(child);
  for (const end = performance.now() + READY_MS; performance.now() < end; await sleep(POLL_MS)) {
    if (child.exitCode !== null) break;
    const answer = await fetch(`http://${ORIGIN}/`).catch(() => undefined);
    if (answer?.status === 401) return;
  }
  throw new Error(`Envoy does not answer on ${ORIGIN}; is the port taken?`);
}

async function show(tokens: Tokens): Promise<void> {
  process.stdout.write(
    `\nEnvoy is on http://${ORIGIN}. Some requests, and what they got just now:\n`,
  );
  for (const request of demoRequests(ORIGIN)) {
    const outcome = await outcomeOf(request, tokens);
    process.stdout.write(`\n# ${request.title}\n${request.command}\n${outcome}`);
  }
  const variables = Object.entries(tokens).map(([name, value]) => `${name}=${value}`);
  process.stdout.write(`
To try them yourself, paste these into another terminal first:
${variables.join('\n')}

Revoke a token while it is in use, then send it again:
npm run revoke -- $VALID

Ready. Ctrl-C ends it.
`);
}

/** Resolves with Ctrl-C, and when something that is needed has ended. */
function ended(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    for (const child of children) child.once('exit', () => resolve());
  });
}

try {
  await main();
} catch (error) {
  process.stderr.write(`demo: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
