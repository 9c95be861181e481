import type { Logger } from '../domain/ports.ts';

const CRASH_EXIT_CODE = 70; // EX_SOFTWARE (sysexits.h)

/**
 * An error that nobody caught leaves the process in an unknown state: it is logged and the process
 * ends. A rejection that nobody looked at is one of some promise alone: the process ends too, but
 * answers first what is in flight, if it is told how to `drain`. Messages and properties are left
 * out, which may quote keys or tokens; Node.js itself would print them.
 */
export function exitOnCrash(logger: Logger & { close(): void }, drain?: () => void): void {
  const crash = (error: unknown): void => {
    try {
      logger.error(describe(error), 'crashed');
      logger.close();
    } finally {
      process.exit(CRASH_EXIT_CODE);
    }
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', (error) => {
    if (drain === undefined) return crash(error);
    logger.error(describe(error), 'a promise was rejected and nobody cared');
    process.exitCode = CRASH_EXIT_CODE;
    drain();
  });
}

function describe(error: unknown): object {
  if (!(error instanceof Error)) return { 'error.type': typeof error };
  const { name, message, stack = '' } = error;
  // The stack begins with the message, of which a line may look like a frame.
  const frames = stack.replace(message, '').split('\n');
  return {
    'error.type': name,
    'error.stack_trace': frames.filter((line) => /^\s+at /.test(line)).join('\n'),
  };
}
