import { expect, it } from 'vitest';
import { nodeFault } from '../../src/version.ts';

it.each([
  ['22.18.0', true],
  ['22.20.1', true],
  ['24.0.0', true],
  ['22.17.1', false],
  ['20.19.5', false],
])('judges Node.js %s: %s', (running, fit) => {
  expect(nodeFault(running) === undefined).toBe(fit);
});

it('says what is needed and what there is', () => {
  expect(nodeFault('20.19.5')).toMatch(/^Node\.js 22\.18 or later is needed, this is 20\.19\.5/);
});
