import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runSluice, SETTINGS } from '../../support/sluice.ts';
import { SECRET } from '../../support/tokens.ts';

const manifest = new URL('../../../package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };

describe('the command line', () => {
  it.each([['--help'], ['-h'], ['serve', '--help']])('shows the help for %s', async (...args) => {
    const { exitCode, stdout, stderr } = await runSluice(args.filter(Boolean));
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Usage: sluice <command> [options]');
    expect(stdout).toContain('AUTH_SECRET_KEY (required without AUTH_JWKS or AUTH_POLICY_FILE)');
  });

  it('shows the version', async () => {
    expect(await runSluice(['--version'])).toEqual({
      exitCode: 0,
      stdout: `${version}\n`,
      stderr: '',
    });
  });

  it.each<[string, readonly string[], string]>([
    ['no command', [], 'no command given'],
    ['an unknown command', ['start'], 'unknown command: start'],
    ['an unknown option', ['serve', '--port', '1'], "Unknown option '--port'"],
    ['a value where there is none', ['serve', '--print-config=1'], 'does not take an argument'],
    ['an option without its value', ['check', 'a.b.c', '--address'], 'argument missing'],
    ['an option of another command', ['dev', '--print-config'], '--print-config is not for dev'],
    ['too many arguments', ['serve', 'now'], 'serve takes 0 arguments, got 1'],
    ['too few arguments', ['check'], 'check takes 1 arguments, got 0'],
    ['nothing to revoke', ['revoke'], 'nothing to revoke: revoke takes a token, or one of --jti'],
    [
      'options that contradict',
      ['revoke', '--sid', 's', '--sub', 'u'],
      '--sid and --sub cannot be',
    ],
    [
      'an option that is there twice',
      ['revoke', '--sid', 's', '--sid', 't'],
      '--sid is given twice',
    ],
  ])('refuses %s, with exit code 2 and a hint', async (_, args, why) => {
    const { exitCode, stdout, stderr } = await runSluice(args);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^sluice: /);
    expect(stderr).toContain(why);
    expect(stderr).toMatch(/\nTry: sluice --help\n$/);
  });
});

describe('--print-config', () => {
  it('prints the settings in effect, without the secrets, and ends', async () => {
    const env = {
      ...SETTINGS,
      AUTH_REDIS_URL: 'redis://app:s3cr3t-pass@redis.example',
      REDIS_POOL_SIZE: '500',
    };
    const { exitCode, stdout, stderr } = await runSluice(['serve', '--print-config'], { env });
    expect([exitCode, stderr]).toEqual([0, '']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toContain('AUTH_SECRET_KEY=***');
    expect(lines).toContain('AUTH_REDIS_URL=***');
    expect(lines).toContain('REDIS_POOL_SIZE=64');
    expect(lines).toContain('MAX_IN_FLIGHT=2000  # default');
    for (const line of lines) expect(line).toMatch(/^[A-Z][A-Z_]+=.*$/);
    expect(stdout).not.toContain(SECRET);
    expect(stdout).not.toContain('s3cr3t-pass');
  });

  it('tells what is wrong instead, as the start would', async () => {
    const { exitCode, stdout, stderr } = await runSluice(['serve', '--print-config']);
    expect([exitCode, stdout]).toEqual([78, '']);
    expect(stderr).toContain('AUTH_REDIS_URL');
  });
});
