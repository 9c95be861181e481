import type { Check } from '../domain/check.ts';
import type { Requirement, RevocationScope } from '../domain/claims.ts';
import type { Clock } from '../domain/clock.ts';
import { Counter, type Instrument } from '../domain/instrument.ts';
import type { Component, Logger, PolicyResolver, RouteFault } from '../domain/ports.ts';

/** A policy, and what it takes to judge by it. */
export interface ActivePolicy extends PolicyResolver {
  /** One for each set of keys that is fetched. */
  readonly components: readonly Component[];
  /** By what else than `jti` tokens can be revoked. */
  readonly scopes: readonly RevocationScope[];
  stop(): void;
}

/** Where a policy comes from. */
export interface PolicySource {
  /** Its text; read every few seconds. */
  read(): Promise<string>;
  /** Rejects, in words for the operator, when the text is no policy. */
  build(text: string): Promise<ActivePolicy>;
}

/** Mounted configuration is swapped as symbolic links, which file watching misses: it is re-read. */
const REREAD_MS = 2_000;
/** Until what could not be built is tried again: its issuers may be asked for their keys each time. */
const RETRY_MS = 10_000;
/** For the keys of issuers that are new to come. */
const KEYS_TIMEOUT_MS = 10_000;
const POLL_MS = 50;

/**
 * The policy in force. A new one takes its place when it is without fault and its keys are there, all
 * at once and for checks that come then; until that, and if it never happens, the old one stays.
 *
 *     read ─▶ changed? ─▶ built ─▶ has its keys ─▶ in force, the old one stopped
 *                           └─ faulty ──┴─ has not ─▶ told once, counted, /ready degraded
 */
export class PolicyKeeper implements PolicyResolver {
  readonly instruments: readonly Instrument[];
  readonly #source: PolicySource;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #reloads = { applied: reloads('applied'), refused: reloads('refused') };
  #current: ActivePolicy;
  /** What is in force. */
  #text: string;
  /** What could not be built, and when: that hangs on other files too, which may have come since. */
  #refused: { readonly text: string; readonly at: number } | undefined;
  #fault: string | undefined;
  #reloading: Promise<void> | undefined;
  #stopped = false;
  #stopRereads: (() => void) | undefined;

  /** Rejects when what is there to begin with is no policy. */
  static async open(source: PolicySource, clock: Clock, logger: Logger): Promise<PolicyKeeper> {
    const text = await source.read();
    return new PolicyKeeper(source, text, await source.build(text), clock, logger);
  }

  private constructor(
    source: PolicySource,
    text: string,
    first: ActivePolicy,
    clock: Clock,
    logger: Logger,
  ) {
    this.#source = source;
    this.#text = text;
    this.#current = first;
    this.#clock = clock;
    this.#logger = logger;
    this.instruments = Object.values(this.#reloads);
  }

  resolve(check: Check): Requirement | RouteFault {
    return this.#current.resolve(check);
  }

  get components(): readonly Component[] {
    const fault = this.#fault;
    const policy: Component = {
      ...{ name: 'policy', state: fault === undefined ? 'ok' : 'degraded' },
      ...(fault !== undefined && { detail: fault }),
    };
    return [...this.#current.components, policy];
  }

  get scopes(): readonly RevocationScope[] {
    return this.#current.scopes;
  }

  start(): void {
    this.#stopRereads = this.#clock.every(REREAD_MS, () => void this.#reread());
  }

  stop(): void {
    this.#stopped = true;
    this.#stopRereads?.();
    this.#current.stop();
  }

  /** Reads the policy anew. Those who ask while that is under way share it. Never rejects. */
  reload(): Promise<void> {
    this.#refused = undefined;
    return this.#reread();
  }

  #reread(): Promise<void> {
    this.#reloading ??= this.#reload().finally(() => {
      this.#reloading = undefined;
    });
    return this.#reloading;
  }

  async #reload(): Promise<void> {
    try {
      const text = await this.#source.read();
      if (text === this.#refused?.text && this.#clock.now() < this.#refused.at + RETRY_MS) return;
      if (text !== this.#text) {
        await this.#replace(await this.#build(text));
        this.#text = text;
        this.#reloads.applied.value++;
        this.#logger.info({}, 'policy reloaded');
      }
      this.#refused = undefined;
      this.#fault = undefined;
    } catch (error) {
      const { message } = error as Error;
      if (message === this.#fault) return;
      this.#fault = message;
      this.#reloads.refused.value++;
      this.#logger.error({ error: message }, 'policy not reloaded; the last one stays in force');
    }
  }

  async #build(text: string): Promise<ActivePolicy> {
    try {
      return await this.#source.build(text);
    } catch (error) {
      this.#refused = { text, at: this.#clock.now() };
      throw error;
    }
  }

  async #replace(next: ActivePolicy): Promise<void> {
    const end = this.#clock.now() + KEYS_TIMEOUT_MS;
    while (!this.#stopped) {
      const lacking = next.components.filter(({ state }) => state === 'starting');
      if (lacking.length === 0) break;
      if (this.#clock.now() >= end) {
        next.stop();
        throw new Error(`no keys within 10 s: ${lacking.map(({ name }) => name).join(', ')}`);
      }
      await new Promise<void>((resolve) => this.#clock.after(POLL_MS, resolve));
    }
    if (this.#stopped) return next.stop();
    const last = this.#current;
    this.#current = next;
    last.stop();
  }
}

function reloads(outcome: string): Counter {
  return new Counter({
    name: 'ext_authz_policy_reloads_total',
    help: 'Changes of the policy file.',
    labels: { outcome },
  });
}
