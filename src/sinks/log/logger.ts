import { type DestinationStream, destination, pino } from 'pino';
import type { Logger } from '../../domain/ports.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly serviceName: string;
  readonly serviceVersion: string;
  readonly environment: string;
}

export interface ClosableLogger extends Logger {
  /** Whether lines of this level are written. */
  isOn(level: LogLevel): boolean;
  /** Writes out what is buffered; later lines are written at once. */
  close(): void;
}

/** Lines wait for at most this long, so that writing them does not hold up the checks. */
const FLUSH_MS = 1_000;
const BUFFER_BYTES = 8_192;

/**
 * A logger that writes one line of JSON per event to stdout, with the field names of ECS (Elastic
 * Common Schema). `stream` stands in for stdout.
 */
export function createLogger(options: LoggerOptions, stream?: DestinationStream): ClosableLogger {
  const stdout = stream === undefined ? bufferedStdout() : undefined;
  const logger = pino(
    {
      level: options.level,
      messageKey: 'message',
      base: {
        'service.name': options.serviceName,
        'service.version': options.serviceVersion,
        'service.environment': options.environment,
        'process.pid': process.pid,
      },
      timestamp: () => `,"@timestamp":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ 'log.level': label }) },
    },
    stream ?? (stdout as DestinationStream),
  );
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    isOn: (level) => logger.isLevelEnabled(level),
    close() {
      stdout?.flushSync();
    },
  };
}

function bufferedStdout() {
  return destination({
    fd: 1,
    sync: false,
    minLength: BUFFER_BYTES,
    maxLength: 256 * BUFFER_BYTES, // a reader that has stopped costs lines, not memory
    periodicFlush: FLUSH_MS,
  });
}
