import { type DestinationStream, pino } from 'pino';
import type { Instrument } from '../../domain/instrument.ts';
import type { Logger } from '../../domain/ports.ts';
import { LineBuffer } from './line-buffer.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly serviceName: string;
  readonly serviceVersion: string;
  readonly environment: string;
  /** Whether every line says that no decision in it counts (SHADOW_MODE). */
  readonly shadow?: boolean;
}

export interface ClosableLogger extends Logger {
  readonly instruments: readonly Instrument[];
  /** Whether lines of this level are written. */
  isOn(level: LogLevel): boolean;
  /** Writes out what is buffered. */
  close(): void;
}

/**
 * A logger that writes one line of JSON per event to stdout, with the field names of ECS (Elastic
 * Common Schema). `stream` stands in for stdout.
 */
export function createLogger(options: LoggerOptions, stream?: DestinationStream): ClosableLogger {
  // Not 1: a pipe does not block its writer once Node.js has opened it.
  const stdout = stream === undefined ? new LineBuffer(process.stdout.fd) : undefined;
  const logger = pino(
    {
      level: options.level,
      messageKey: 'message',
      base: {
        'service.name': options.serviceName,
        'service.version': options.serviceVersion,
        'service.environment': options.environment,
        'process.pid': process.pid,
        ...(options.shadow && { 'sluice.shadow': true }),
      },
      timestamp: () => `,"@timestamp":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ 'log.level': label }) },
    },
    stream ?? (stdout as DestinationStream),
  );
  return {
    instruments: stdout === undefined ? [] : [stdout.lost],
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    isOn: (level) => logger.isLevelEnabled(level),
    close() {
      stdout?.close();
    },
  };
}
