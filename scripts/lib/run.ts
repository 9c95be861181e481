import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);
const TAIL_LINES = 5;

/** What a command printed; rejects with the end of its output, which is where the cause stands. */
export async function run(
  command: string,
  args: readonly string[],
  timeoutMs: number,
): Promise<string> {
  try {
    const { stdout } = await exec(command, args, { timeout: timeoutMs, maxBuffer: 1 << 24 });
    return stdout;
  } catch (error) {
    const { message, killed, stdout, stderr } = error as Error & {
      killed?: boolean;
      stdout?: string;
      stderr?: string;
    };
    if (killed) throw new Error(`no end after ${timeoutMs} ms`);
    const output = `${stdout ?? ''}${stderr ?? ''}`.trim();
    throw new Error(output === '' ? message : output.split('\n').slice(-TAIL_LINES).join('\n'));
  }
}

/** The first executable of that name on the PATH. */
export function onPath(name: string): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (folder === '') continue;
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // Not here.
    }
  }
  return undefined;
}
