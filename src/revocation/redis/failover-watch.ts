import { Redis } from 'ioredis';
import { type BySentinel, SPOKEN } from './client.ts';

/** Sentinels say here: name, old address, new address. */
const CHANNEL = '+switch-master';
const RETRY_MS = 1_000;
/** A sentinel that fell silent is found by this, in ms: the library then connects anew. */
const SILENT_MS = 10_000;

/**
 * Listens to all sentinels for another master: the old one may still answer, and without this nobody
 * would know better. The library's own detector listens once for each connection to Redis, and prints
 * an error for each sentinel that is down.
 */
export class FailoverWatch {
  readonly #clients: readonly Redis[];

  /** `onSwitch` is given the new master, host:port, by each sentinel that tells of it. */
  constructor(
    { sentinels, master, sentinelPassword, tls }: BySentinel,
    onSwitch: (to: string) => void,
  ) {
    this.#clients = sentinels.map(({ host, port }) => {
      const client = new Redis({
        ...SPOKEN,
        ...{ host, port },
        ...(sentinelPassword !== undefined && { password: sentinelPassword }),
        ...(tls && { tls: {} }),
        keepAlive: SILENT_MS,
        retryStrategy: () => RETRY_MS,
      });
      client.on('error', () => undefined); // it is tried again, and the others are there meanwhile
      client.on('message', (_channel: string, message: string) => {
        const [name, , , host, port] = message.split(' ');
        if (name === master) onSwitch(`${host}:${port}`);
      });
      client.subscribe(CHANNEL).catch(() => undefined); // sent again by the library
      return client;
    });
  }

  stop(): void {
    for (const client of this.#clients) client.disconnect();
  }
}
