import type { Logger } from '../domain/ports.ts';

const CRASH_EXIT_CODE = 70; // EX_SOFTWARE (sysexits.h)

/**
 * An error that nobody caught leaves the process in an unknown state: it is logged and the process
 * ends. Messages and properties are left out, which may quote keys or tokens; Node.js itself would
 * print them.
 */
export function exitOnCrash(logger: Logger & { close(): void }): void {
  const crash = (error: unknown): void => {
    try {
      logger.error(describe(error), 'crashed');
      logger.close();
    } finally {
      process.exit(CRASH_EXIT_CODE);
    }
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
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
