import type { Socket } from 'node:net';

/**
 * Takes what is written at once, as the system mostly does, and has copied it then; or nothing, and
 * keeps the bytes themselves until it does.
 */
export class FakeSocket {
  readonly written: Buffer[] = [];
  takes = true;
  writableLength = 0;

  write(bytes: Buffer): boolean {
    this.written.push(this.takes ? Buffer.from(bytes) : bytes);
    if (!this.takes) this.writableLength += bytes.length;
    return this.takes;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.written);
  }

  /** As much of it as Output sees. */
  get socket(): Socket {
    return this as unknown as Socket;
  }
}
