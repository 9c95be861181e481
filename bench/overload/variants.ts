import type { Load, Run, Variant } from '../lib/result.ts';
import { closedLoops, openLoop } from './caller.ts';
import { afterOf, capacityOf, factors, pointOf } from './curve.ts';
import type { Entrant } from './entrant.ts';

type Measured = Pick<Entrant, 'build' | 'runs'> & Partial<Pick<Entrant, 'closedLoop'>>;

/** What was measured of a server: what it can take, the curve, and the calm after it. */
export function variantsOf({ build, runs, closedLoop }: Measured): readonly Variant[] {
  const { id, settings } = build;
  const variant = (name: string, loadOf: (runs: readonly Run[]) => Load, more = {}): Variant => {
    const own = runs.get(name) ?? [];
    return { id: name, label: name, settings, load: loadOf(own), runs: own, ...more };
  };
  return [
    variant(capacityOf(id), () => closedLoop ?? (closedLoops[0] as Load)),
    ...factors.map((factor) => variant(pointOf(id, factor), offered, { x: factor, series: id })),
    variant(afterOf(id), offered),
  ];
}

/** Rounds have rates of their own: what the server could take just before is what they are multiples of. */
function offered(runs: readonly Run[]): Load {
  const rates = runs.map(({ overload, seconds }) => (overload?.due ?? 0) / seconds);
  const sorted = rates.toSorted((a, b) => a - b);
  return openLoop(sorted[Math.floor(sorted.length / 2)] ?? 0);
}
