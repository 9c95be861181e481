import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/** Its input ends with the process that holds the other end of the pipe, however that one dies. */
const SCRIPT = 'read -r _; kill -KILL "$1" 2>/dev/null; [ -z "$2" ] || rm -rf "$2"';

/**
 * Sees to it that a child, and its folder if it has one, do not outlive this process, and that
 * neither keeps it from ending. An `exit` handler would miss a SIGKILL, which is how a test runner
 * ends a worker that hangs.
 */
export function guard(child: ChildProcess, folder = ''): void {
  const watcher = spawn('sh', ['-c', SCRIPT, 'guard', String(child.pid), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true, // else a Ctrl-C would end it together with what it watches over
  });
  // By then the pid may be another's.
  child.once('close', () => watcher.kill('SIGKILL'));
  for (const process of [child, watcher]) process.unref();
  for (const pipe of [...child.stdio, watcher.stdin]) (pipe as Socket | null)?.unref();
}

/** Undoes for a child what `guard` lets go of: this process then waits for it. */
export function hold(child: ChildProcess): void {
  child.ref();
  for (const pipe of child.stdio) (pipe as Socket | null)?.ref();
}
