import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { prettifyError } from 'zod';
import { type BenchResult, benchNames } from '../lib/result.ts';
import { benchResult } from './schema.ts';

/** The results of a folder, in the order of `benchNames` and then of file names. */
export async function readResults(folder: string): Promise<BenchResult[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  return inOrder(await Promise.all(files.map((file) => readResult(join(folder, file)))));
}

export function inOrder(results: readonly BenchResult[]): BenchResult[] {
  return results.toSorted((a, b) => benchNames.indexOf(a.bench) - benchNames.indexOf(b.bench));
}

async function readResult(path: string): Promise<BenchResult> {
  const checked = benchResult.safeParse(parse(await readFile(path, 'utf8'), path));
  if (checked.success) return checked.data;
  throw new Error(`${path} is not a result of a benchmark:\n${prettifyError(checked.error)}`);
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
}
