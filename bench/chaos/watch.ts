import { setTimeout as sleep } from 'node:timers/promises';
import { http } from '../../test/support/http.ts';
import { memory } from '../lib/proc.ts';

const POLL_MS = 100;

/** `ready`, `degraded`, `not_ready`, `draining`; `unreachable` when nobody answers. */
export async function readinessOf(adminUrl: string): Promise<string> {
  try {
    const { status } = JSON.parse((await http(`${adminUrl}/ready`)).body) as { status: string };
    return status;
  } catch {
    return 'unreachable';
  }
}

/** The last that it said, which is `ready` unless that takes longer than it may. */
export async function readyWithin(adminUrl: string, ms: number): Promise<string> {
  const end = performance.now() + ms;
  for (;;) {
    const state = await readinessOf(adminUrl);
    if (state === 'ready' || performance.now() > end) return state;
    await sleep(POLL_MS);
  }
}

/** Looks at a Sluice from outside, again and again: what it holds, and what it says of itself. */
export class Watch implements Disposable {
  readonly #adminUrl: string;
  readonly #pids: () => readonly number[];
  readonly #timer: NodeJS.Timeout;
  #mostMiB = 0;
  #states: string[] = [];
  #isAsking = false;

  constructor(adminUrl: string, pids: () => readonly number[]) {
    this.#adminUrl = adminUrl;
    this.#pids = pids;
    this.#timer = setInterval(() => this.#look(), POLL_MS);
    this.#look();
  }

  /** The most memory seen since this was last asked, in MiB. */
  takeMostMiB(): number {
    this.#look();
    const most = this.#mostMiB;
    this.#mostMiB = 0;
    return most;
  }

  /** What /ready said since this was last asked, in order and each once. */
  takeStates(): readonly string[] {
    return this.#states.splice(0);
  }

  #look(): void {
    try {
      this.#mostMiB = Math.max(this.#mostMiB, memory(this.#pids()).rssMiB);
    } catch {
      // One of the processes has just ended.
    }
    if (!this.#isAsking) void this.#ask();
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    const state = await readinessOf(this.#adminUrl);
    this.#isAsking = false;
    if (!this.#states.includes(state)) this.#states.push(state);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
