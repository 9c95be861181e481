import type { Socket } from 'node:net';

/** Where `node:net` first says that its buffer is full, so that 'drain' is due later. */
const HIGH_WATER_BYTES = 65_536;

type Listener = (argument?: unknown) => void;

/**
 * A socket without a system behind it: the peer is whoever calls its members. What is written is
 * taken at once, as the system mostly does; a slow one keeps the bytes that it was given until it is
 * drained, and they must not change meanwhile.
 */
export class FakeSocket {
  /** A copy of every write. */
  readonly written: Buffer[] = [];
  isSlow = false;
  isPaused = false;
  isEnded = false;
  destroyed = false;
  bytesWritten = 0;
  writableLength = 0;
  /** The most that ever waited to be taken. */
  mostWaiting = 0;
  readonly #listeners = new Map<string, Listener>();
  #waiting: { readonly bytes: Buffer; readonly copy: Buffer }[] = [];
  #isDrainDue = false;
  #isCloseTold = false;

  /** As the source sees it. */
  get socket(): Socket {
    return this as unknown as Socket;
  }

  on(event: string, listener: Listener): this {
    if (this.#listeners.has(event)) throw new Error(`two listeners of ${event}`);
    this.#listeners.set(event, listener);
    return this;
  }

  write(bytes: Buffer): boolean {
    if (this.isEnded) throw new Error('written after the end');
    if (this.destroyed) throw new Error('written after it was destroyed');
    this.bytesWritten += bytes.length;
    const copy = Buffer.from(bytes);
    this.written.push(copy);
    if (!this.isSlow && this.#waiting.length === 0) return true;
    this.#waiting.push({ bytes, copy });
    this.writableLength += bytes.length;
    this.mostWaiting = Math.max(this.mostWaiting, this.writableLength);
    this.#isDrainDue ||= this.writableLength >= HIGH_WATER_BYTES;
    return !this.#isDrainDue;
  }

  end(): void {
    this.isEnded = true;
  }

  destroy(): void {
    this.destroyed = true;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  // What the peer does.

  /** Bytes come; not to be called while it is paused. */
  deliver(chunk: Buffer): void {
    if (this.isPaused) throw new Error('delivered to a socket that is paused');
    if (!this.destroyed) this.#emit('data', chunk);
  }

  /** Takes all that waits. */
  drain(): void {
    for (const { bytes, copy } of this.#waiting) {
      if (!copy.equals(bytes)) throw new Error('what was written changed before it was taken');
    }
    this.#waiting = [];
    this.writableLength = 0;
    if (!this.#isDrainDue || this.destroyed) return;
    this.#isDrainDue = false;
    this.#emit('drain');
  }

  hangUp(): void {
    this.destroyed = true;
    if (this.#isCloseTold) return;
    this.#isCloseTold = true;
    this.#emit('close');
  }

  #emit(event: string, argument?: unknown): void {
    this.#listeners.get(event)?.(argument);
  }
}
