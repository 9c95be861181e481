import { percent, short, whole } from '../report/numbers.ts';
import type { LocustRun } from './result.ts';

/** Of a core: a Python as busy as that is late by itself. */
const MAX_LOCUST = 0.9;
/** Of all cores: what waits for one of them waits for Locust's users. */
const MAX_MACHINE = 0.95;
/** Cores. On a quiet machine nothing else has a tenth of that. */
const MAX_OTHER = 0.2;
/** Requests under way when Locust ends are decided, and not counted. */
const MAX_UNACCOUNTED = 0.02;

type Judged = Pick<
  LocustRun,
  'requests' | 'failures' | 'decided' | 'cores' | 'busiestLocust' | 'machineBusy'
>;

/** Why a run says more of the generator, the machine or the set-up than of the service. */
export function voidReason(run: Judged): string | undefined {
  const { requests, failures, decided, cores, busiestLocust, machineBusy } = run;
  if (failures === requests) return `none of ${whole(requests)} requests got through`;
  const other = cores.other ?? 0;
  if (other > MAX_OTHER) return `something else had ${short(other)} cores`;
  if (busiestLocust > MAX_LOCUST) {
    return `the generator was the limit: a process of Locust had ${percent(busiestLocust)} of a core`;
  }
  if (machineBusy > MAX_MACHINE) {
    return (
      `the generator was the limit: the machine was ${percent(machineBusy)} busy, and Locust had ` +
      `${short(cores.locust ?? 0)} cores of it`
    );
  }
  if (Math.abs(decided - requests) > requests * MAX_UNACCOUNTED) {
    return `Sluice decided ${whole(decided)} checks for ${whole(requests)} requests`;
  }
  return undefined;
}
