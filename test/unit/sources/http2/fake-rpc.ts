import type { Rpc } from '../../../../src/sources/http2/rpc.ts';

/** Keeps what a method tells its caller. */
export class FakeRpc implements Rpc {
  readonly sent: Uint8Array[] = [];
  readonly finished: { readonly code: number; readonly details: string | undefined }[] = [];

  send(message: Uint8Array): void {
    this.sent.push(message);
  }

  finish(code: number, details?: string): void {
    this.finished.push({ code, details });
  }
}
