import { expect, it } from 'vitest';
import { until } from '../../support/until.ts';
import { type Attack, floods, squats } from './attack-scripts.ts';
import { OK, startRig } from './rig.ts';

const attacks: readonly Attack[] = [...Object.values(floods), ...Object.values(squats)];

it.each(attacks)('$name: goes on beside a victim, and is called off', async (attack) => {
  await using rig = await startRig({ answer: () => OK });
  await using victim = await rig.victim();
  {
    await using _ = attack.start(rig.port);
    const isNoticed = () => rig.connections > 1 || Object.keys(rig.refused).length > 0;
    await until(isNoticed);
    for (let round = 0; round < 5; round++) expect((await victim.ask()).code).toBe(0);
  }
  await until(() => rig.connections === 1 && rig.openCalls === 0);
  expect((await victim.ask()).code).toBe(0);
});

it('an attack comes back when it was thrown out, until it is called off', async () => {
  await using rig = await startRig();
  await using victim = await rig.victim();
  {
    await using _ = floods.rapidReset.start(rig.port);
    await until(() => (rig.refused.reset_flood ?? 0) >= 2);
    expect((await victim.ask()).code).toBe(0);
  }
  await until(() => rig.connections === 1 && rig.openCalls === 0);
  expect((await victim.ask()).code).toBe(0);
});

it('attacks have names of their own', () => {
  const names = attacks.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
