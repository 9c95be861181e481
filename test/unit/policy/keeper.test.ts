import { describe, expect, it } from 'vitest';
import type { ComponentState } from '../../../src/domain/ports.ts';
import { type ActivePolicy, PolicyKeeper } from '../../../src/policy/keeper.ts';
import { fakeCheck } from '../../support/calls.ts';
import { RecordingLogger } from '../../support/logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { fakeRequirement } from '../../support/requirements.ts';

class FakePolicy implements ActivePolicy {
  readonly requirement = fakeRequirement();
  readonly scopes = [];
  state: ComponentState = 'ok';
  stopped = 0;
  resolve = () => this.requirement;
  get components() {
    return [{ name: 'keys:issuer', state: this.state }];
  }
  stop() {
    this.stopped++;
  }
}

/** A keeper of policies that are named by their text; "bad…" is none, "slow…" lacks its keys. */
async function open(text = 'first') {
  const missing = new Set<string>();
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const built = new Map<string, FakePolicy>();
  let readFault: Error | undefined;
  const source = {
    text,
    async read() {
      if (readFault !== undefined) throw readFault;
      return source.text;
    },
    async build(asked: string) {
      if (asked.startsWith('bad')) throw new Error(`${asked}: line 1`);
      if (missing.has(asked)) throw new Error(`${asked}: ENOENT`);
      const policy = new FakePolicy();
      if (asked.startsWith('slow')) policy.state = 'starting';
      built.set(asked, policy);
      return policy;
    },
  };
  const keeper = await PolicyKeeper.open(source, clock, logger);
  /** Time, in steps that let what was promised happen in between. */
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 50) {
      clock.advance(50);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  };
  const inForce = () =>
    [...built].find(([, policy]) => policy.requirement === keeper.resolve(fakeCheck({})))?.[0];
  const counts = () => keeper.instruments.map((each) => ('value' in each ? each.value : NaN));
  const breakReads = (error: Error | undefined) => {
    readFault = error;
  };
  return { keeper, clock, logger, source, built, pass, inForce, counts, breakReads, missing };
}

const WELL = { name: 'policy', state: 'ok' };

it('begins with what is there, and not without', async () => {
  const { keeper, built, inForce } = await open();
  keeper.start();
  expect(inForce()).toBe('first');
  expect(built.get('first')?.stopped).toBe(0);
  expect(keeper.components).toEqual([{ name: 'keys:issuer', state: 'ok' }, WELL]);
  await expect(open('bad')).rejects.toThrow('bad: line 1');
});

describe('a change', () => {
  it('is in force within seconds, and the last policy is stopped', async () => {
    const { keeper, source, built, pass, inForce, counts } = await open();
    keeper.start();
    source.text = 'second';
    await pass(2_100);
    expect(inForce()).toBe('second');
    expect(built.get('first')?.stopped).toBe(1);
    expect(built.get('second')).toMatchObject({ stopped: 0 });
    expect(counts()).toEqual([1, 0]);
  });

  it('is looked for at once when asked', async () => {
    const { keeper, source, inForce } = await open();
    keeper.start();
    source.text = 'second';
    await Promise.all([keeper.reload(), keeper.reload()]);
    expect(inForce()).toBe('second');
  });

  it('that is none builds nothing', async () => {
    const { keeper, built, pass, counts } = await open();
    keeper.start();
    await pass(10_000);
    expect(built.size).toBe(1);
    expect(counts()).toEqual([0, 0]);
  });

  it('waits for its keys, with the last policy in force meanwhile', async () => {
    const { keeper, source, built, pass, inForce } = await open();
    keeper.start();
    source.text = 'slow';
    await pass(5_000);
    expect(inForce()).toBe('first');
    (built.get('slow') as FakePolicy).state = 'ok';
    await pass(100);
    expect(inForce()).toBe('slow');
  });
});

describe('a change that cannot be used', () => {
  it('leaves the last policy in force, and is told once, counted and shown', async () => {
    const { keeper, logger, source, pass, inForce, counts } = await open();
    keeper.start();
    source.text = 'bad';
    await pass(10_000);
    expect(inForce()).toBe('first');
    expect(counts()).toEqual([0, 1]);
    expect(logger.lines).toHaveLength(1);
    expect(logger.lines[0]).toMatchObject({ level: 'error', fields: { error: 'bad: line 1' } });
    expect(keeper.components.at(-1)).toEqual({
      name: 'policy',
      state: 'degraded',
      detail: 'bad: line 1',
    });
    source.text = 'second';
    await pass(2_100);
    expect(inForce()).toBe('second');
    expect(keeper.components.at(-1)).toEqual(WELL);
  });

  it('for want of another file is tried again in a while, and at once when asked', async () => {
    const { keeper, source, pass, inForce, missing } = await open();
    keeper.start();
    for (const text of ['second', 'third']) missing.add(text);
    source.text = 'second';
    await pass(2_100);
    missing.delete('second');
    await keeper.reload();
    expect(inForce()).toBe('second');
    source.text = 'third';
    await pass(2_100);
    missing.delete('third');
    await pass(4_000);
    expect([inForce(), keeper.components.at(-1)?.detail]).toEqual(['second', 'third: ENOENT']);
    await pass(8_000);
    expect([inForce(), keeper.components.at(-1)]).toEqual(['third', WELL]);
  });

  it('for want of keys is given up after 10 s', async () => {
    const { keeper, source, built, pass, inForce } = await open();
    keeper.start();
    source.text = 'slow';
    await pass(13_000);
    expect(inForce()).toBe('first');
    expect(built.get('slow')?.stopped).toBe(1);
    expect(keeper.components.at(-1)?.detail).toBe('no keys within 10 s: keys:issuer');
    await pass(2_000);
    (built.get('slow') as FakePolicy).state = 'ok';
    await pass(100);
    expect(inForce()).toBe('slow');
  });

  it('for want of a file is one', async () => {
    const { keeper, pass, inForce, breakReads, counts } = await open();
    keeper.start();
    breakReads(new Error('ENOENT'));
    await pass(10_000);
    expect(inForce()).toBe('first');
    expect(counts()).toEqual([0, 1]);
    breakReads(undefined);
    await pass(2_100);
    expect(keeper.components.at(-1)).toEqual(WELL);
  });

  it('changes nothing once the service has stopped', async () => {
    const { keeper, source, built, pass, clock } = await open();
    keeper.start();
    source.text = 'slow';
    await pass(3_000);
    keeper.stop();
    await pass(100);
    expect(built.get('slow')?.stopped).toBe(1);
    expect(built.get('first')?.stopped).toBe(1);
    expect(clock.pending).toBe(0);
  });
});
