import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * How far the heap may grow beyond what is live, in percent, before it is collected. V8 lets it grow
 * to four times that where memory is plenty: most of it was garbage of checks long answered (measured
 * at 1,000 checks/s with 10,000 tokens: 125 MiB resident instead of 112, and no more checks for it).
 */
const GROWTH_PERCENT = 20;

/** Collects once: V8 decides at each collection how far the heap may grow until the next. */
export function keepHeapSmall(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  collect();
}
