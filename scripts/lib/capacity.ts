import type { Variant } from '../../bench/lib/result.ts';
import { spreadOf } from '../../bench/report/figures.ts';
import { short } from '../../bench/report/numbers.ts';
import { markdownTable } from './markdown-table.ts';
import { measuredVariant, measuredVariants, median } from './measured.ts';

/** Of a core: where the HPA adds a replica, and what the one core of Redis should not pass. */
const FULL = 0.7;
/** One may go. */
const MIN_INSTANCES = 2;
/** Batches do not fill up past it. */
const LARGEST = 256;
const TOTALS = [10_000, 100_000, 1_000_000];

const saturated = () => measuredVariant('peers', 'saturated', 'http2');
const behindEnvoy = () => measuredVariant('peers', 'behind-envoy', 'ext-authz-http2');

/** Markdown: what a check costs an instance, and what its core then carries. */
export function instanceTable(): string {
  const measured: readonly (readonly [what: string, variant: Variant])[] = [
    ['one check at a time', measuredVariant('peers', 'alone', 'http2')],
    ['the plan: 1,000/s', measuredVariant('peers', 'plan-load', 'http2')],
    ['behind a real Envoy, 80 at a time, on one core with it', behindEnvoy()],
    ['all that one core can do, 200 at a time', saturated()],
  ];
  const rows = measured.map(([what, variant]) => {
    const cpuUs = median(variant, 'serverCpuUs');
    return [what, rounded(median(variant, 'rps')), `${short(cpuUs)} µs`, perCore(cpuUs)];
  });
  return markdownTable(['load', 'checks/s', 'CPU per check', `at ${FULL * 100} % of a core`], rows);
}

/** Markdown: what a check costs Redis, and what its one core carries, by the size of lookups. */
export function redisTable(): string {
  const sizes = measuredVariants('ladder', 'batch-size').filter(({ x = 0 }) => x <= LARGEST);
  const rows = sizes.map((variant) => {
    const cpuUs = median(variant, 'redisCpuUs');
    return [short(batchOf(variant)), `${short(cpuUs)} µs`, perCore(cpuUs)];
  });
  const head = ['checks per lookup', 'CPU of Redis per check', `checks/s at ${FULL * 100} %`];
  return markdownTable(head, rows);
}

/** Markdown: what several totals take, each instance as full as it should be. */
export function totalTable(): string {
  const envoy = behindEnvoy();
  const [cpuUs, envoyUs] = [median(envoy, 'serverCpuUs'), median(envoy, 'envoyCpuUs')];
  const rows = TOTALS.map((total) => {
    const instances = Math.max(MIN_INSTANCES, coresFor(total, cpuUs));
    const batch = batchAt(total / instances);
    const redisUs = redisUsAt(batch);
    const told = [instances, coresFor(total, envoyUs), short(batch), `${short(redisUs)} µs`];
    return [total.toLocaleString('en'), ...told.map(String), String(coresFor(total, redisUs))];
  });
  const head = ['checks/s', 'instances of a core', 'cores of Envoy', 'checks per lookup'];
  return markdownTable([...head, 'CPU of Redis per check', 'servers of Redis'], rows);
}

const coresFor = (total: number, us: number): number => Math.ceil((total * us) / 1e6 / FULL);

/** What comes while a lookup is under way: as long as one takes at the load of the plan, the least seen. */
function batchAt(rate: number): number {
  const plan = measuredVariant('peers', 'plan-load', 'http2');
  const lookupMs = spreadOf(plan, (run) => run.server?.lookupMs)?.median ?? 0;
  return Math.max(1, (rate * lookupMs) / 1000);
}

/** So much for a lookup and so much for each check in it, by what was measured with 1 and with 64. */
function redisUsAt(batch: number): number {
  const [one, many] = ['1', '64'].map((size) => measuredVariant('ladder', 'batch-size', size)) as [
    Variant,
    Variant,
  ];
  const [oneUs, manyUs] = [median(one, 'redisCpuUs'), median(many, 'redisCpuUs')];
  const perLookup = (oneUs - manyUs) / (1 - 1 / batchOf(many));
  return oneUs - perLookup + perLookup / batch;
}

const batchOf = (variant: Variant): number =>
  spreadOf(variant, (run) => run.server?.batchSize)?.median ?? 1;

const perCore = (cpuUs: number): string => rounded((FULL * 1e6) / cpuUs);

/** To two digits: runs lie further apart than that. */
const rounded = (value: number): string => Number(value.toPrecision(2)).toLocaleString('en');
