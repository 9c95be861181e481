import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchResult } from '../lib/result.ts';
import { htmlReport } from './html.ts';
import { markdownReport } from './markdown.ts';
import { inOrder, readResults } from './read.ts';

export { readResults } from './read.ts';

/** Of the results alone: the same results give the same bytes. */
export function buildReport(results: readonly BenchResult[]): { html: string; markdown: string } {
  const ordered = inOrder(results);
  return { html: htmlReport(ordered), markdown: markdownReport(ordered) };
}

/** Writes report.html and summary.md beside the results they are made of. */
export async function writeReport(folder: string): Promise<void> {
  const { html, markdown } = buildReport(await readResults(folder));
  await writeFile(join(folder, 'report.html'), html);
  await writeFile(join(folder, 'summary.md'), markdown);
}
