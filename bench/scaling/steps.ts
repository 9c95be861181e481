import { setTimeout as sleep } from 'node:timers/promises';
import type { Fleet } from '../../test/support/fleet.ts';
import type { Sluice } from '../../test/support/sluice.ts';

/** Something that becomes of the instances, or of Envoy, while requests go on. */
export interface Step {
  readonly name: string;
  readonly about: string;
  /** After the change, until it is looked at how even the load is. */
  readonly settleMs: number;
  change(fleet: Fleet): Promise<void>;
}

export interface StepTiming {
  /** After instances were added or removed. */
  readonly settleMs: number;
  /** After all else. */
  readonly shortMs: number;
}

/** How much later than the one the other of both hears that an instance is to leave. */
const LAG_MS = 1_000;

export function steps({ settleMs, shortMs }: StepTiming): readonly Step[] {
  return [
    {
      name: 'start',
      about: 'Two instances that nobody has asked yet.',
      settleMs: shortMs,
      change: async () => undefined,
    },
    {
      name: '2',
      about: 'Two instances, and nothing happens.',
      settleMs: shortMs,
      change: async () => undefined,
    },
    {
      name: '2 → 5',
      about: 'Three at once. EDS has them when they are ready, as Kubernetes does it.',
      settleMs,
      change: (fleet) => growTo(5, fleet),
    },
    {
      name: '5 → 2',
      about:
        'Three at once: SIGTERM, and EDS a second later. Kubernetes begins both at the same time and lets ' +
        'neither wait for the other; Envoy hears of it last.',
      settleMs,
      change: (fleet) => shrinkTo(2, fleet),
    },
    {
      name: 'Envoy restarted',
      about: 'A hot restart: another process takes over the listeners, and the first one ends.',
      settleMs: shortMs,
      change: (fleet) => fleet.hotRestart(),
    },
    {
      name: '2 → 1',
      about: 'SIGTERM, and EDS a second later.',
      settleMs: shortMs,
      change: (fleet) => shrinkTo(1, fleet),
    },
    {
      name: 'the only one exchanged',
      about: 'EDS has another in its place, and a second later it gets SIGTERM.',
      settleMs: shortMs,
      change: exchange,
    },
  ];
}

async function growTo(size: number, fleet: Fleet): Promise<void> {
  const fresh = await fleet.startSluices(size - fleet.members.length);
  await fleet.tell([...fleet.members, ...fresh]);
  await fleet.untilSeen();
}

/** The youngest leave first. */
async function shrinkTo(size: number, fleet: Fleet): Promise<void> {
  const leaving = fleet.members.slice(size);
  for (const sluice of leaving) sluice.signal('SIGTERM');
  await sleep(LAG_MS);
  await fleet.tell(fleet.members.slice(0, size));
  await ended(leaving);
  await fleet.untilSeen();
}

async function exchange(fleet: Fleet): Promise<void> {
  const leaving = fleet.members;
  await fleet.tell(await fleet.startSluices(leaving.length));
  await sleep(LAG_MS);
  for (const sluice of leaving) sluice.signal('SIGTERM');
  await ended(leaving);
  await fleet.untilSeen();
}

async function ended(leaving: readonly Sluice[]): Promise<void> {
  for (const code of await Promise.all(leaving.map(({ exitCode }) => exitCode))) {
    if (code !== 0) throw new Error(`an instance that was to leave ended with ${code}`);
  }
}
