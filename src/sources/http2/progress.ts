import type { Socket } from 'node:net';
import type { SendQueue } from './send-queue.ts';

/** Whether a peer takes what there is to send. */
export class Progress {
  /** Bytes that the peer has taken, and that left the queue, when they were last looked at. */
  #takenBytes = 0;
  #dequeuedBytes = 0;

  /** Since this was last asked: there is something to send, and nothing of it was taken. */
  isStuck(socket: Socket, queue: SendQueue): boolean {
    const { bytesWritten, writableLength } = socket;
    const taken = bytesWritten - writableLength;
    // Apart: a peer that takes the ACKs of its PINGs, and opens no window, takes no answers.
    const isSocketStuck = writableLength > 0 && taken === this.#takenBytes;
    const isQueueStuck = !queue.isEmpty && queue.sentBytes === this.#dequeuedBytes;
    this.#takenBytes = taken;
    this.#dequeuedBytes = queue.sentBytes;
    return isSocketStuck || isQueueStuck;
  }
}
