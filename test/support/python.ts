import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { ensureTool } from '../../scripts/lib/tools.ts';
import { guard } from './guard.ts';

const ANSWER_MS = 30_000;
const END_MS = 10_000;

/**
 * A script that answers every line of JSON on its stdin with one on its stdout, and ends when its
 * stdin ends. It has grpcio and the generated classes of Envoy's API.
 *
 * @param args As on Python's command line: a path and arguments, or `-c` and a program.
 */
export async function startPython(args: readonly string[]): Promise<Python> {
  const { path } = await ensureTool('python');
  return new Python(path, args);
}

/** Asks a script once, and sees it end without an error. */
export async function runPython(
  args: readonly string[],
  question: unknown,
  timeoutMs?: number,
): Promise<unknown> {
  await using python = await startPython(args);
  return await python.ask(question, timeoutMs);
}

interface Asked {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

export class Python implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #gone = Promise.withResolvers<void>();
  /** Oldest first: the script answers in order. */
  readonly #asked: Asked[] = [];
  #failure: Error | undefined;
  #ended = false;
  #stderr = '';

  constructor(path: string, args: readonly string[]) {
    const child = spawn(path, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        ...process.env,
        PYTHONUNBUFFERED: '1',
        PYTHONDONTWRITEBYTECODE: '1',
        no_proxy: '127.0.0.1,localhost', // grpcio would ask a proxy even for these
      },
    });
    guard(child);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    createInterface({ input: child.stdout }).on('line', (line) => this.#answered(line));
    child.stdin.on('error', () => {}); // 'close' follows, and says more
    child.once('error', (error) => this.#fail(error.message));
    child.once('close', (code, signal) => {
      this.#ended = true;
      if (code !== 0) this.#fail(`ended with ${signal ?? `exit code ${code}`}`);
      else if (this.#asked.length > 0) this.#fail('ended without an answer');
      this.#gone.resolve();
    });
    this.#child = child;
  }

  /** Questions may overlap; the answers come in their order. */
  async ask(question: unknown, timeoutMs = ANSWER_MS): Promise<unknown> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#ended) throw new Error('python: has ended');
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#asked.push({ resolve, reject });
    const timer = setTimeout(() => this.#fail(`no answer within ${timeoutMs} ms`), timeoutMs);
    this.#child.stdin.write(`${JSON.stringify(question)}\n`);
    return promise.finally(() => clearTimeout(timer));
  }

  /** Rejects when the script does not end, or ends with an error no `ask` has told of. */
  async [Symbol.asyncDispose](): Promise<void> {
    const told = this.#failure !== undefined;
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#fail(`did not end within ${END_MS} ms`), END_MS);
    await this.#gone.promise;
    clearTimeout(timer);
    if (this.#failure !== undefined && !told) throw this.#failure;
  }

  #answered(line: string): void {
    const first = this.#asked[0];
    try {
      const answer: unknown = JSON.parse(line);
      if (first === undefined) throw new Error('nothing was asked');
      this.#asked.shift();
      first.resolve(answer);
    } catch (error) {
      this.#fail(`${(error as Error).message}, but it wrote: ${line}`);
    }
  }

  /** For good: after it, answers could no longer be matched with questions. */
  #fail(why: string): void {
    this.#failure ??= new Error(`python: ${why}\n${this.#stderr}`);
    for (const { reject } of this.#asked.splice(0)) reject(this.#failure);
    this.#child.kill('SIGKILL');
  }
}
