import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CHECK_PATH } from '../../src/sources/codec/check-request.ts';
import { prefixed } from '../../src/sources/http2/reply.ts';
import { startChild } from './child.ts';
import { cpuSeconds } from './proc.ts';
import { latencyOf, processFigures } from './process-figures.ts';
import type { Run } from './result.ts';
import { OTHER_CORE } from './subject.ts';

export interface H2loadOptions {
  readonly url: string;
  readonly connections: number;
  readonly streams: number;
  readonly warmupMs: number;
  readonly durationMs: number;
  readonly headers: readonly string[];
  /** File sent as the body of each request. */
  readonly data?: string;
  /** Status of a right answer. */
  readonly status: number;
  /** Processes whose CPU counts, by role. */
  readonly pids: () => Readonly<Record<string, readonly number[]>>;
}

/** A Check over gRPC, to be sent again and again. `origin`: http(s)://host:port; writes `file`. */
export async function checkRequest(origin: string, message: Uint8Array, file: string) {
  await writeFile(file, prefixed(message));
  return {
    url: origin + CHECK_PATH,
    status: 200,
    data: file,
    headers: ['content-type: application/grpc', 'te: trailers', 'grpc-timeout: 200m'],
  };
}

/** It has to be there still when the window closes. */
const MARGIN_MS = 500;

/** One run of nghttp2's h2load, judged by the log that it writes of every request. */
export async function runH2load(options: H2loadOptions, signal: AbortSignal): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-h2load-'));
  try {
    const log = join(folder, 'log');
    const { warmupMs, durationMs } = options;
    const args = [
      ...['-c', OTHER_CORE, 'h2load', '-c', `${options.connections}`, '-m', `${options.streams}`],
      ...['-D', `${warmupMs + durationMs + MARGIN_MS}ms`, '--log-file', log],
      ...(options.data === undefined ? [] : ['-d', options.data]),
      ...options.headers.flatMap((header) => ['-H', header]),
      options.url,
    ];
    const child = startChild(['taskset', ...args], signal);
    const output = text(child.stdout);
    const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    await wait(warmupMs);
    const pids = { ...options.pids(), generator: [child.pid] };
    const before = sample(pids);
    await wait(durationMs);
    const after = sample(pids);
    const { stderr } = await child.ended;
    const lines = await readFile(log, 'utf8').catch(() => '');
    if (lines === '') throw new Error(`h2load: ${(await output).trim().slice(-500)}${stderr}`);
    return toRun(lines, before, after, options.status);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Sample {
  /** us since the epoch, as in h2load's log. */
  readonly atUs: number;
  readonly cpu: Readonly<Record<string, number>>;
}

function sample(pids: Readonly<Record<string, readonly number[]>>): Sample {
  const cpu = Object.entries(pids).map(([role, list]) => [role, cpuSeconds(list)]);
  return { atUs: Date.now() * 1000, cpu: Object.fromEntries(cpu) };
}

/** The log: when a request began, its status and how long it took, both times in us. */
function toRun(log: string, before: Sample, after: Sample, status: number): Run {
  const tookMs: number[] = [];
  let wrong = 0;
  for (const line of log.split('\n')) {
    const [startUs, code, us] = line.split('\t').map(Number);
    if (us === undefined || startUs === undefined) continue;
    const end = startUs + us;
    if (end < before.atUs || end >= after.atUs) continue;
    if (code === status) tookMs.push(us / 1000);
    else wrong++;
  }
  const seconds = (after.atUs - before.atUs) / 1e6;
  const checks = tookMs.length;
  const cpu = Object.keys(before.cpu).map((role) => {
    const used = (after.cpu[role] ?? 0) - (before.cpu[role] ?? 0);
    return [role, processFigures(used, checks, seconds)] as const;
  });
  const { generator = processFigures(0, checks, seconds), ...processes } = Object.fromEntries(cpu);
  const { cpuUsPerCheck, cpuShare } = generator;
  const base = {
    ...{ seconds, checks, rps: checks / seconds, answers: {}, latencyMs: latencyOf(tookMs) },
    failed: wrong > 0 ? { wrong } : {},
    ...{ generator: { cpuUsPerCheck, cpuShare }, processes },
  };
  return checks === 0 ? { void: `no answer with status ${status}`, ...base } : base;
}
