import type { TestProject } from 'vitest/node';
import { ensureTool, type ToolName, toolNames } from '../../scripts/lib/tools.ts';

/** Why a tool cannot be had; undefined for one that can. */
type Missing = Readonly<Record<ToolName, string | undefined>>;

declare module 'vitest' {
  interface ProvidedContext {
    tools: Missing | undefined;
  }
}

/** Global set-up of vitest: installs before any test's time starts to run, and once for all. */
export default async function setup(project: TestProject): Promise<void> {
  const outcomes = toolNames.map(async (name) => {
    const reason = await ensureTool(name).then(
      () => undefined,
      (error: Error) => error.message,
    );
    return [name, reason] as const;
  });
  project.provide('tools', Object.fromEntries(await Promise.all(outcomes)) as Missing);
}
