import { ExpiringKeys } from '../../domain/expiring-keys.ts';

/** How long an address is remembered of which a peer was thrown out, in ms. */
const REMEMBERED_MS = 1_000;
/** How long its next connections have to wait until they are heard, in ms. */
const WAIT_MS = 100;
/** Addresses that are remembered; the one that offended longest ago goes first. */
const MAX_ADDRESSES = 1_000;

/**
 * Lets peers that are thrown out not be back at once: what a flood costs until it is recognised, times
 * as often as a socket can be opened, was half of a core. All connections of its address wait, those
 * of honest peers too: a tenth of a second, and only on the way in.
 */
export class Penalties {
  readonly #offenders = new ExpiringKeys(MAX_ADDRESSES);

  thrownOut(address: string, now: number): void {
    this.#offenders.add(address, now + REMEMBERED_MS);
  }

  /** How long a connection that comes now has to wait, in ms. */
  waitMs(address: string, now: number): number {
    return this.#offenders.has(address, now) ? WAIT_MS : 0;
  }
}
