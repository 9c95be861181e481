/**
 * Measures what each part of a check costs, in rounds that go through all of them in turn. Prints a
 * line of JSON for each measurement. Started by index.ts, on a core of its own.
 */
import { readFileSync } from 'node:fs';
import { parts } from './parts.ts';

const [settings, rounds, roundMs] = process.argv.slice(2);
const measured = await parts(JSON.parse(readFileSync(settings as string, 'utf8')));

/** CPU time of one check in us, over `ms` of asking. */
async function cost(work: (checks: number) => Promise<number>, ms: number): Promise<number> {
  let checks = 0;
  const cpu = process.cpuUsage();
  for (const end = performance.now() + ms; performance.now() < end; ) checks += await work(64);
  const { user, system } = process.cpuUsage(cpu);
  return (user + system) / checks;
}

for (const { work } of measured) await cost(work, Number(roundMs));
for (let round = 0; round < Number(rounds); round++) {
  for (const { id, work } of measured) {
    const us = await cost(work, Number(roundMs));
    process.stdout.write(`${JSON.stringify({ id, us })}\n`);
  }
}
process.exit(0);
