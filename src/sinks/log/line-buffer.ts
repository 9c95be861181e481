import { write, writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';
import { Counter } from '../../domain/instrument.ts';

/** Lines wait this long for others, so that writing them does not hold up the checks. */
const FLUSH_MS = 50;
/** Written at once when there is so much, in characters. */
const FULL_LENGTH = 8_192;
/** More than this is dropped: a reader that has stopped costs lines, not memory. */
const MAX_LENGTH = 256 * FULL_LENGTH;
/** Until a reader that has no room is tried again. */
const RETRY_MS = 10;
const NEWLINE = 10;
/** How often it is tried again at the end. */
const LAST_TRIES = 100;

/**
 * Lines for a file descriptor, gathered and written aside. Never throws, and never waits for a
 * reader, but for about a second in `close`: pino's own destination waits for ever there, at any
 * error, so that a reader that has gone, or a full disk, would keep the process from ending.
 */
export class LineBuffer implements DestinationStream {
  readonly lost = new Counter({
    name: 'ext_authz_log_lost_total',
    help: 'Lines of the log that its reader did not take in time.',
  });
  readonly #fd: number;
  #lines: string[] = [];
  #length = 0;
  /** Taken from the lines, in part or not at all written. */
  #rest: Uint8Array | undefined;
  #isWriting = false;
  #isFlushDue = false;

  constructor(fd: number) {
    this.#fd = fd;
    process.once('exit', () => this.close());
  }

  write(line: string): void {
    if (this.#length + line.length > MAX_LENGTH) {
      this.lost.value++;
      return;
    }
    this.#lines.push(line);
    this.#length += line.length;
    if (this.#length >= FULL_LENGTH) this.#flush();
    else this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    setTimeout(() => {
      this.#isFlushDue = false;
      this.#flush();
    }, FLUSH_MS).unref();
  }

  /** Writes out what is there, but for what is just being written. */
  close(): void {
    let tries = LAST_TRIES;
    for (let chunk = this.#take(); chunk !== undefined; chunk = this.#take()) {
      try {
        this.#keep(chunk.subarray(writeSync(this.#fd, chunk)));
      } catch (error) {
        if (isBusy(error) && tries-- > 0) {
          this.#rest = chunk;
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
        } else if (isBusy(error)) return;
      }
    }
  }

  #flush(): void {
    if (this.#isWriting) return;
    const chunk = this.#take();
    if (chunk === undefined) return;
    this.#isWriting = true;
    write(this.#fd, chunk, (error, written) => {
      this.#isWriting = false;
      if (error === null) {
        this.#keep(chunk.subarray(written));
        if (this.#rest !== undefined || this.#length >= FULL_LENGTH) this.#flush();
        else if (this.#length > 0) this.#flushSoon();
      } else if (isBusy(error)) {
        this.#rest = chunk;
        setTimeout(() => this.#flush(), RETRY_MS).unref();
      } else {
        this.lost.value += linesIn(chunk);
        if (this.#length > 0) this.#flushSoon();
      }
    });
  }

  #take(): Uint8Array | undefined {
    const rest = this.#rest;
    this.#rest = undefined;
    if (rest !== undefined || this.#lines.length === 0) return rest;
    const chunk = Buffer.from(this.#lines.join(''));
    this.#lines = [];
    this.#length = 0;
    return chunk;
  }

  #keep(rest: Uint8Array): void {
    this.#rest = rest.length > 0 ? rest : undefined;
  }
}

function linesIn(chunk: Uint8Array): number {
  return chunk.reduce((count, byte) => (byte === NEWLINE ? count + 1 : count), 0);
}

function isBusy(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EAGAIN';
}
