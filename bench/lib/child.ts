import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { guard, hold } from '../../test/support/guard.ts';

export interface Child {
  readonly pid: number;
  readonly stdout: Readable;
  /** Resolves when it has ended; rejects when it could not be started, or the signal ended it. */
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
}

/**
 * Starts a command that this process waits for, and that does not outlive it. `env`: on top of this
 * process's own.
 */
export function startChild(
  command: readonly string[],
  signal?: AbortSignal,
  env: Readonly<Record<string, string>> = {},
): Child {
  const [file = '', ...args] = command;
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  guard(child);
  hold(child);
  const stop = () => child.kill('SIGTERM');
  signal?.addEventListener('abort', stop);
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  const ended = Promise.all([closed, text(child.stderr)]).then(([code, stderr]) => {
    signal?.removeEventListener('abort', stop);
    signal?.throwIfAborted();
    return { code, stderr: stderr.trim() };
  });
  return { pid: child.pid as number, stdout: child.stdout, ended };
}

/**
 * Runs a command that prints lines of JSON, to its end. Rejects, with what it wrote to stderr, when
 * its exit code is not 0.
 */
export async function runForJson(
  name: string,
  command: readonly string[],
  signal: AbortSignal | undefined,
  // biome-ignore lint/suspicious/noExplicitAny: whatever the command prints
  each: (message: any, pid: number) => void,
): Promise<void> {
  const { pid, stdout, ended } = startChild(command, signal);
  createInterface(stdout).on('line', (line) => each(JSON.parse(line), pid));
  const { code, stderr } = await ended;
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${stderr}`);
}
