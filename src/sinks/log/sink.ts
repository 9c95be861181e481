import type { Settled } from '../../domain/call.ts';
import type { Check } from '../../domain/check.ts';
import type { Clock } from '../../domain/clock.ts';
import { Counter, type Instrument } from '../../domain/instrument.ts';
import type { OutcomeSink } from '../../domain/ports.ts';
import type { Result } from '../../domain/reason.ts';
import { requestAttributes } from '../request-attributes.ts';
import { findTraceContext } from '../trace/context.ts';
import type { ClosableLogger, LogLevel } from './logger.ts';
import { RateLimit } from './rate-limit.ts';

export interface LogSinkOptions {
  /** 0 to 1: share of the allows that is logged at info (LOG_ALLOW_SAMPLE); the rest is debug. */
  readonly allowSample: number;
  /** Lines a second for each reason (LOG_MAX_PER_SEC); what is more is counted. */
  readonly maxPerSec: number;
}

const LEVELS: Readonly<Record<Result, LogLevel>> = { allow: 'debug', deny: 'info', error: 'warn' };
const OUTCOMES = { allow: 'success', deny: 'failure', error: 'unknown' } as const;

/** Longest x-request-id, in characters: it is the downstream's to choose. */
const MAX_REQUEST_ID = 128;

/** The base64url of `{"`, with which a JWT begins: no id, and not for the log. */
const HOLDS_JWT = /eyJ/;

/**
 * Logs decisions: why, about which request, in which trace; never by whom, and nothing of a token.
 *
 * Each reason has its own share of lines, so that a flood of one does not drown the others.
 */
export class LogSink implements OutcomeSink {
  readonly name = 'log';
  readonly instruments: readonly Instrument[];
  readonly #options: LogSinkOptions;
  readonly #logger: ClosableLogger;
  readonly #limit: RateLimit;
  readonly #dropped = new Counter({
    name: 'ext_authz_log_dropped_total',
    help: 'Decisions not logged because there were too many of their reason.',
  });

  constructor(options: LogSinkOptions, logger: ClosableLogger, clock: Clock) {
    this.#options = options;
    this.#logger = logger;
    this.#limit = new RateLimit(options.maxPerSec, clock);
    this.instruments = [this.#dropped];
  }

  settled(batch: readonly Settled[]): void {
    for (const call of batch) {
      const level = this.#levelOf(call);
      if (!this.#logger.isOn(level)) continue;
      const passed = this.#limit.take(call.decision.reason);
      if (passed === undefined) this.#dropped.value++;
      else this.#logger[level](fields(call, passed.droppedBefore), 'check');
    }
  }

  #levelOf({ decision }: Settled): LogLevel {
    const { result } = decision.spec;
    if (decision.reason === 'internal') return 'error';
    const { allowSample } = this.#options;
    const sampled = result === 'allow' && allowSample > 0 && Math.random() < allowSample;
    return sampled ? 'info' : LEVELS[result];
  }
}

function fields(call: Settled, droppedBefore: number): Record<string, unknown> {
  const { check, decision, detail } = call;
  const { result } = decision.spec;
  return {
    'event.action': 'authorization_check',
    'event.outcome': OUTCOMES[result],
    'event.duration': Math.round((call.settledAt - call.arrivedAt) * 1e6),
    'sluice.result': result,
    'sluice.reason': decision.reason,
    ...(detail !== undefined && { 'error.code': detail }),
    ...(result !== 'allow' && { 'http.response.status_code': decision.httpStatus }),
    ...requestAttributes(check),
    ...optional('http.request.id', requestId(check)),
    ...optional('trace.id', findTraceContext(check)?.traceId),
    ...(droppedBefore > 0 && { 'sluice.dropped': droppedBefore }),
  };
}

function requestId(check: Check): string | undefined {
  const id = check.header('x-request-id');
  return id === undefined || id === '' || HOLDS_JWT.test(id)
    ? undefined
    : id.slice(0, MAX_REQUEST_ID);
}

function optional(name: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value };
}
