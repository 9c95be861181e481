import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Progress } from '../../../../src/sources/http2/progress.ts';
import type { SendQueue } from '../../../../src/sources/http2/send-queue.ts';

const QUIET = { bytesWritten: 0, writableLength: 0, isEmpty: true, sentBytes: 0 };

/** What each look says, of a socket and a queue that were changed before it. */
function looks(...changes: readonly Partial<typeof QUIET>[]): boolean[] {
  const progress = new Progress();
  const state = { ...QUIET };
  return changes.map((change) => {
    Object.assign(state, change);
    return progress.isStuck(state as unknown as Socket, state as unknown as SendQueue);
  });
}

describe('Progress', () => {
  it('is not stuck while there is nothing to send', () => {
    expect(looks({}, {}, { bytesWritten: 10 }, {})).toEqual([false, false, false, false]);
  });

  it('is stuck while the socket takes nothing of what it has', () => {
    const full = { bytesWritten: 100, writableLength: 60 };
    expect(looks(full, {}, { writableLength: 50 }, {})).toEqual([false, true, false, true]);
    // More to send is no progress.
    expect(looks(full, { bytesWritten: 200, writableLength: 160 })).toEqual([false, true]);
    expect(looks(full, {}, { writableLength: 0 })).toEqual([false, true, false]);
  });

  it('is stuck while the peer opens no window, whatever else the socket takes', () => {
    const waiting = { isEmpty: false, sentBytes: 5 };
    expect(looks(waiting, { bytesWritten: 17 }, { sentBytes: 6 })).toEqual([false, true, false]);
    expect(looks(waiting, {}, { isEmpty: true })).toEqual([false, true, false]);
  });
});
