import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ensureDeb } from '../../scripts/lib/deb.ts';

const DOWNLOAD = 'echo "$@" >> "$CALLS"; touch tool_1.deb';
const UNPACK = 'mkdir -p "$3/usr/bin"; echo the tool > "$3/usr/bin/tool"';

describe('a package of Debian', () => {
  let folder: string;
  const calls = () => readFile(join(folder, 'calls'), 'utf8');
  const command = async (name: string, script: string) => {
    const file = join(folder, 'bin', name);
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
  };
  const ensure = (content = 'the tool\n') =>
    ensureDeb({
      folder: join(folder, 'tools', 'deb-tool'),
      package: 'tool',
      check: async (from) => {
        const found = await readFile(join(from, 'usr/bin/tool'), 'utf8');
        if (found !== content) throw new Error(`not fit: ${found}`);
        return join(from, 'usr/bin/tool');
      },
      log: () => {},
    });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-deb-'));
    await mkdir(join(folder, 'bin'));
    await command('apt-get', DOWNLOAD);
    await command('dpkg-deb', UNPACK);
    vi.stubEnv('PATH', `${join(folder, 'bin')}:${process.env.PATH}`);
    vi.stubEnv('CALLS', join(folder, 'calls'));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });

  it('is unpacked once, and nothing else stays', async () => {
    const path = join(folder, 'tools/deb-tool/usr/bin/tool');
    expect(await Promise.all([ensure(), ensure()])).toEqual([path, path]);
    expect(await ensure()).toBe(path);
    expect(await calls()).toBe('-q download tool\n');
    expect(await readdir(join(folder, 'tools'))).toEqual(['deb-tool']);
  });

  it.runIf(process.getuid?.() === 0)('is looked for in newer lists', async () => {
    const marker = join(folder, 'updated');
    const update = `[ "$2" = update ] && { touch ${marker}; exit; }; [ -e ${marker} ] || exit 100`;
    await command('apt-get', `echo "$@" >> "$CALLS"; ${update}; touch tool_1.deb`);
    await ensure();
    expect(await calls()).toBe('-q download tool\n-q update\n-q download tool\n');
  });

  it('that is of no use, or is not there, leaves nothing', async () => {
    await expect(ensure('another')).rejects.toThrow('not fit: the tool');
    await command('apt-get', 'echo "E: Unable to locate package tool" >&2; exit 100');
    await expect(ensure()).rejects.toThrow('Unable to locate package tool');
    expect(await readdir(join(folder, 'tools'))).toEqual([]);
  });
});
