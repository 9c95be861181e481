import cluster from 'node:cluster';
import { checkSettings, createAppLogger, createRedisDenylist } from '../app.ts';
import { printSettings } from '../config/print.ts';
import { readSettings } from '../config/read.ts';
import type { Settings } from '../config/settings.ts';
import { systemClock } from '../domain/clock.ts';
import { exitOnCrash } from '../lifecycle/crash.ts';
import { type RunContext, serveAlone, servePrimary, serveWorker, workersOf } from '../run.ts';
import type { ClosableLogger } from '../sinks/log/logger.ts';

/** Production: everything comes from the environment. Rejects on settings that cannot be used. */
export async function serve(printOnly = false): Promise<void> {
  const read = await readSettings(process.env, checkSettings);
  const { settings } = read;
  if (printOnly) {
    process.stdout.write(`${printSettings(read)}\n`);
    return;
  }
  const logger = createAppLogger(settings);
  const failure = new AbortController();
  exitOnCrash(logger, () => failure.abort());
  const { signal: failed } = failure;
  const workers = workersOf(settings);
  try {
    if (cluster.isWorker) return await serveWorker(settings, contextOf(settings, logger, failed));
    for (const warning of read.warnings) logger.warn({}, warning);
    if (workers > 1) await servePrimary(settings, workers, { clock: systemClock, logger, failed });
    else await serveAlone(settings, contextOf(settings, logger, failed));
  } finally {
    logger.close();
  }
}

function contextOf(settings: Settings, logger: ClosableLogger, failed: AbortSignal): RunContext {
  const clock = systemClock;
  const denylist = createRedisDenylist(settings, clock, logger);
  return { denylist, clock, logger, env: process.env, failed, reflection: false };
}
