import { expect, it } from 'vitest';
import { isSemver } from '../../../scripts/lib/release/repository.ts';

it.each([
  ['0.1.0', true],
  ['10.20.30', true],
  ['1.2.3-rc.1', true],
  ['1.2.3-0a.b-c+build.5', true],
  ['1.2', false],
  ['v1.2.3', false],
  ['01.2.3', false],
  ['1.2.3-', false],
  ['1.2.3-01', false],
  ['1.2.3 ', false],
  ['', false],
])('takes %j for a semantic version: %s', (version, is) => {
  expect(isSemver(version)).toBe(is);
});
