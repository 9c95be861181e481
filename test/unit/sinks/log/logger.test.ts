import { describe, expect, it } from 'vitest';
import { createLogger, type LogLevel } from '../../../../src/sinks/log/logger.ts';

function started(level: LogLevel = 'info', shadow = false) {
  const lines: string[] = [];
  const logger = createLogger(
    { level, serviceName: 'ext-authz', serviceVersion: '1.2.3', environment: 'test', shadow },
    { write: (line: string) => void lines.push(line) },
  );
  return { logger, lines };
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

describe('createLogger', () => {
  it('writes one line of JSON, with the names of ECS', () => {
    const { logger, lines } = started();
    logger.warn({ code: 'ECONNREFUSED' }, 'Redis\nis away');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\{.+\}\n$/);
    expect(JSON.parse(lines[0] as string)).toEqual({
      'log.level': 'warn',
      '@timestamp': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      'service.name': 'ext-authz',
      'service.version': '1.2.3',
      'service.environment': 'test',
      'process.pid': process.pid,
      code: 'ECONNREFUSED',
      message: 'Redis\nis away',
    });
  });

  it('says in every line that no decision counts, where that is so', () => {
    const { logger, lines } = started('debug', true);
    for (const each of LEVELS) logger[each]({}, each);
    expect(lines.map((line) => JSON.parse(line)['sluice.shadow'])).toEqual(LEVELS.map(() => true));
  });

  it.each(LEVELS)('at %s writes that and what is worse', (level) => {
    const { logger, lines } = started(level);
    for (const each of LEVELS) logger[each]({}, each);
    const worse = LEVELS.slice(LEVELS.indexOf(level));
    expect(lines.map((line) => JSON.parse(line)['log.level'])).toEqual(worse);
    expect(LEVELS.filter((each) => logger.isOn(each))).toEqual(worse);
  });

  it('can be closed, and goes on', () => {
    const { logger, lines } = started();
    logger.close();
    logger.info({}, 'late');
    expect(lines).toHaveLength(1);
  });
});
