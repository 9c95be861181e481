import { expect, it } from 'vitest';
import { Penalties } from '../../../../src/sources/http2/penalties.ts';

it('has connections of an address wait for a second after one was thrown out, and no other', () => {
  const penalties = new Penalties();
  expect(penalties.waitMs('10.0.0.1', 0)).toBe(0);
  penalties.thrownOut('10.0.0.1', 0);
  expect(penalties.waitMs('10.0.0.1', 999)).toBe(100);
  expect(penalties.waitMs('10.0.0.2', 0)).toBe(0);
  expect(penalties.waitMs('10.0.0.1', 1_000)).toBe(0);
});

it('counts from the last offence', () => {
  const penalties = new Penalties();
  penalties.thrownOut('a', 0);
  penalties.thrownOut('a', 900);
  expect(penalties.waitMs('a', 1_800)).toBe(100);
});

it('remembers no more than a thousand addresses, the latest offenders', () => {
  const penalties = new Penalties();
  for (let i = 0; i < 1_000; i++) penalties.thrownOut(`a${i}`, 0);
  penalties.thrownOut('a0', 0);
  penalties.thrownOut('b', 0);
  expect(['a0', 'a1', 'a2', 'b'].map((address) => penalties.waitMs(address, 0))).toEqual([
    ...[100, 0, 100, 100],
  ]);
});
