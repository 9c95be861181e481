import type { Logger } from '../domain/ports.ts';

const CRASH_EXIT_CODE = 70; // EX_SOFTWARE (sysexits.h)

/**
 * An error that nobody caught leaves the process in an unknown state: it is logged and the process
 * ends. Messages and properties are left out, which may quote keys or tokens; Node.js itself would
 * print them.
 */
export function exitOnCrash(logger: Logger & { close(): void }): void {
  const crash = (error: unknown): void => {
    const { name, stack } = error instanceof Error ? error : new Error();
    const frames = stack?.split('\n').filter((line) => /^\s+at /.test(line));
    logger.error({ 'error.type': name, 'error.stack_trace': frames?.join('\n') }, 'crashed');
    logger.close();
    process.exit(CRASH_EXIT_CODE);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
}
