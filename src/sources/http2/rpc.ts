/** The caller of an RPC, as its method sees it. Does nothing once the caller has gone. */
export interface Rpc {
  send(message: Uint8Array): void;
  /** `code`: gRPC status. */
  finish(code: number, details?: string): void;
}

/** An RPC other than Check, which has a way of its own. */
export interface Method {
  /** A whole message has come. */
  message(rpc: Rpc, bytes: Buffer): void;
  /** The caller has ended its side; there may have been no message. */
  ended(rpc: Rpc): void;
  /** Answered, cancelled or torn: nobody is there any more. */
  closed(rpc: Rpc): void;
}
