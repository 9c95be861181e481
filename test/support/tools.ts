import { inject } from 'vitest';
import type { ToolName } from '../../scripts/lib/tools.ts';

/**
 * Whether a tool that a suite needs cannot be had, for `describe.skipIf(missing('valkey'))`. Says
 * so aloud, and where CI=true it throws instead: there nothing may be skipped.
 */
export function missing(...names: readonly ToolName[]): boolean {
  const tools = inject('tools');
  if (tools === undefined) throw new Error('this project lacks the global set-up of tools');
  const reasons = names.flatMap((name) => tools[name] ?? []);
  if (reasons.length === 0) return false;
  return skipped(reasons.join('\n'));
}

/** Says aloud why a suite is skipped; throws where CI=true. */
export function skipped(why: string): true {
  if (process.env.CI === 'true') throw new Error(`CI=true, where nothing may be skipped: ${why}`);
  console.warn(`SKIPPED: ${why}`);
  return true;
}
