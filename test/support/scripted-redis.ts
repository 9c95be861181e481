import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** The words of a command, the first one in lower case. */
export type Command = readonly string[];

/**
 * What is answered in place of the truth: bytes as they go on the wire, or the last ones before the
 * connection ends. `position`: of the command among those that came in the same packet, from 0.
 */
export type Script = (command: Command, truth: string, position: number) => Answer;
/** A promise: of what is sent when it is known, be it after the answer to what was asked later. */
export type Answer = string | Buffer | { readonly last: string } | Promise<string> | typeof HANG;

/** No answer, here and to all that comes on the same connection. */
export const HANG = Symbol('hang');

const MASTER = 'role:master\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\n';

/**
 * A Redis of our own that knows the few commands of a denylist, and gives what a real one does not
 * give on demand. Without a script it tells the truth.
 */
export class ScriptedRedis implements AsyncDisposable {
  readonly keys = new Set<string>();
  script: Script | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #frozen = new WeakSet<Socket>();

  static async start(): Promise<ScriptedRedis> {
    const redis = new ScriptedRedis();
    redis.#server.listen(0, '127.0.0.1');
    await once(redis.#server, 'listening');
    return redis;
  }

  private constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Connections that are not frozen. */
  get connections(): number {
    return [...this.#sockets].filter((socket) => !this.#frozen.has(socket)).length;
  }

  /** The connections there are stay open and hear nothing more, as when a peer has gone unseen. */
  freeze(): void {
    for (const socket of this.#sockets) this.#frozen.add(socket);
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined); // whoever asked has gone
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (data) => {
      const { commands, end } = parse(rest.length === 0 ? data : Buffer.concat([rest, data]));
      rest = end;
      for (const [position, command] of commands.entries()) this.#answer(socket, command, position);
    });
  }

  #answer(socket: Socket, command: Command, position: number): void {
    if (socket.writableEnded || this.#frozen.has(socket)) return;
    const truth = this.#truth(command);
    const answer = this.script?.(command, truth, position) ?? truth;
    if (answer === HANG) this.#frozen.add(socket);
    else if (answer instanceof Promise) void answer.then((bytes) => socket.write(bytes));
    else if (typeof answer === 'string' || Buffer.isBuffer(answer)) socket.write(answer);
    else socket.end(answer.last);
  }

  #truth([name, ...args]: Command): string {
    if (name === 'exists') return `:${args.filter((key) => this.keys.has(key)).length}\r\n`;
    if (name === 'wait') return ':0\r\n';
    if (name === 'info') return `$${MASTER.length}\r\n${MASTER}\r\n`;
    return '+OK\r\n';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** Arrays of bulk strings, which is how clients speak; `end`: the beginning of what is not all there. */
function parse(bytes: Buffer): { readonly commands: readonly Command[]; readonly end: Buffer } {
  const commands: Command[] = [];
  let at = 0;
  const line = (): number | undefined => {
    const stop = bytes.indexOf('\r\n', at);
    if (stop < 0) return undefined;
    const value = Number(bytes.toString('latin1', at + 1, stop));
    at = stop + 2;
    return value;
  };
  for (;;) {
    const start = at;
    const words: string[] = [];
    let left = line();
    for (; left !== undefined && left > 0; left--) {
      const length = line();
      if (length === undefined || at + length + 2 > bytes.length) break;
      words.push(bytes.toString('latin1', at, at + length));
      at += length + 2;
    }
    if (left !== 0) return { commands, end: bytes.subarray(start) };
    const [name = '', ...args] = words;
    commands.push([name.toLowerCase(), ...args]);
  }
}
