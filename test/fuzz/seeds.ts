import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, 'seeds');

/** By name; see capture-seeds.ts. */
export const seeds: ReadonlyMap<string, Buffer> = new Map(
  readdirSync(FOLDER)
    .sort()
    .map((file) => [file.replace('.bin', ''), readFileSync(join(FOLDER, file))]),
);
