import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const crash = new URL('../../../src/lifecycle/crash.ts', import.meta.url);
const logger = new URL('../../../src/sinks/log/logger.ts', import.meta.url);

const SCRIPT = `
  import { exitOnCrash } from '${crash}';
  import { createLogger } from '${logger}';
  const logger = createLogger({ level: 'info', serviceName: 's', serviceVersion: '1', environment: 'e' });
  exitOnCrash(logger);
  logger.info({}, 'before');
  setInterval(() => undefined, 1_000); // something to live for
  class QuotingError extends Error {
    name = 'QuotingError';
    secret = 's3cr3t-property';
  }
  const quote = () => new QuotingError('s3cr3t-message\\n    at s3cr3t-frame', { cause: 's3cr3t-cause' });
`;

interface Crashed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its crash. */
async function runToCrash(statement: string) {
  const args = ['--input-type=module', '--eval', SCRIPT + statement];
  const run = promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname });
  const { code, stdout, stderr } = await run.then(
    () => expect.unreachable('it ended well'),
    (error: Crashed) => error,
  );
  const lines = stdout.trimEnd().split('\n');
  return { code, stdout, stderr, line: JSON.parse(lines.at(-1) as string), lines };
}

describe('an error that nobody caught', () => {
  it.each([
    ['thrown', 'setTimeout(() => { throw quote(); });'],
    ['a rejection', 'void Promise.reject(quote());'],
    ['thrown in a promise', 'void (async () => { throw quote(); })();'],
  ])('(%s) ends the process with code 70, and a line that quotes nothing', async (_, statement) => {
    const { code, stdout, stderr, line, lines } = await runToCrash(statement);
    expect(code).toBe(70);
    expect(line).toMatchObject({
      'log.level': 'error',
      message: 'crashed',
      'error.type': 'QuotingError',
      'error.stack_trace': expect.stringMatching(/^ {4}at /),
    });
    expect(lines).toHaveLength(2);
    expect(stdout + stderr).not.toContain('s3cr3t');
    expect(stderr).toBe('');
  });

  it.each([
    ['text', `void Promise.reject('s3cr3t');`, 'string'],
    ['nothing', 'void Promise.reject();', 'undefined'],
    ['null', 'setTimeout(() => { throw null; });', 'object'],
  ])('may be no error at all: %s', async (_, statement, type) => {
    const { code, stdout, stderr, line } = await runToCrash(statement);
    expect(code).toBe(70);
    expect(line).toMatchObject({ message: 'crashed', 'error.type': type });
    expect(stdout + stderr).not.toContain('s3cr3t');
  });

  it('ends the process also when it cannot be logged', async () => {
    const odd = `logger.error = () => { throw quote(); };`;
    const { code, stdout, stderr } = await runToCrash(
      `${odd} setTimeout(() => { throw quote(); });`,
    );
    expect(code).toBe(70);
    expect(stdout + stderr).not.toContain('s3cr3t');
  });

  it('lets what is in flight be answered when it was a rejection, and ends with 70 all the same', async () => {
    const { code, stdout, stderr, lines } = await runToCrash(`
      process.removeAllListeners('unhandledRejection');
      process.removeAllListeners('uncaughtException');
      const answered = () => { logger.info({}, 'drained'); logger.close(); process.exit(); };
      exitOnCrash(logger, () => setTimeout(answered, 10));
      void Promise.reject(quote());
    `);
    expect(code).toBe(70);
    expect(lines.map((line) => JSON.parse(line).message)).toEqual([
      ...['before', 'a promise was rejected and nobody cared', 'drained'],
    ]);
    expect(stdout + stderr).not.toContain('s3cr3t');
  });
});
