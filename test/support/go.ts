import { onPath } from '../../scripts/lib/run.ts';

/** Whether programs in Go cannot be built, for `describe.skipIf`; where CI=true it throws instead. */
export function missingGo(): boolean {
  if (onPath('go') !== undefined) return false;
  const why = 'no go on the PATH';
  if (process.env.CI === 'true') throw new Error(`CI=true, where nothing may be skipped: ${why}`);
  console.warn(`SKIPPED: ${why}`);
  return true;
}
