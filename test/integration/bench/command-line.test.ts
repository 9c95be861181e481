import { execFile } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const MAIN = new URL('../../../bench/main.ts', import.meta.url).pathname;

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function bench(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

describe('npm run bench', () => {
  it.each([['--help'], ['-h'], ['ladder', '--help']])(
    'shows the help for %s %s',
    async (...args) => {
      const { code, stdout, stderr } = await bench(args.filter(Boolean));
      expect([code, stderr]).toEqual([0, '']);
      for (const name of [
        'ladder',
        'stages',
        'peers',
        'overload',
        'scaling',
        'locust',
        'soak',
        'crosscheck',
        'report',
        '--quick',
      ]) {
        expect(stdout).toContain(name);
      }
    },
  );

  it.each<[string, readonly string[], string]>([
    ['nothing to measure', [], 'what is to be measured?'],
    [
      'an unknown benchmark',
      ['speed'],
      'speed is none of ladder, stages, peers, attacks, overload',
    ],
    ['what only looks like one', ['constructor'], 'constructor is none of ladder'],
    ['an unknown option', ['ladder', '--fast'], "Unknown option '--fast'"],
    ['two at a time', ['ladder', 'peers'], 'one at a time: ladder, peers'],
    ['no number of minutes', ['soak', '--minutes', 'x'], '--minutes is x; it must be above 0'],
    ['minutes where they mean nothing', ['ladder', '--minutes', '3'], '--minutes is for soak'],
  ])('refuses %s with exit code 2', async (_, args, why) => {
    const { code, stderr } = await bench(args);
    expect(code).toBe(2);
    expect(stderr).toContain(`bench: ${why}`);
    expect(stderr).toContain('Try: npm run bench -- --help');
  });

  it('says at once which tool is missing', async () => {
    const { code, stderr } = await bench(['peers', '--quick'], { PATH: '/nowhere' });
    expect(code).toBe(1);
    expect(stderr).toContain('taskset is not on the PATH');
  });

  it('says which file of results it cannot read', async () => {
    const { code, stderr } = await bench(['report', '--out', '/nowhere']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^bench: .*\/nowhere/);
  });
});
