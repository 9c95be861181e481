import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cruise, type ICruiseOptions, type ICruiseResult } from 'dependency-cruiser';

/*
 * Checks who imports whom. First it proves itself: a parser that understands too little finds no
 * modules, or no type-only imports, and passes everything. So each rule is shown a copy of the
 * sources with one forbidden import in it, and has to find that.
 */

const ROOT = join(import.meta.dirname, '..');
const FEWEST_MODULES = 80;

/** A file, a line that must not stand in it, and the rule that has to object. */
const PLANTED: readonly (readonly [file: string, line: string, rule: string])[] = [
  ['domain/check.ts', "import type { Settings } from '../config/settings.ts';", 'domain'],
  ['domain/clock.ts', "import { performance } from 'node:perf_hooks';", 'domain'],
  ['domain/clock.ts', "import { map } from 'rxjs';", 'domain-types-of-rxjs-only'],
  ['domain/reason.ts', "import type { Call } from './call.ts';", 'no-cycles'],
  ['pipeline/route.ts', "import type { Pool } from '../revocation/redis/pool.ts';", 'pipeline'],
  ['pipeline/route.ts', "import { LRUCache } from 'lru-cache';", 'pipeline'],
  ['sources/memory.ts', "import type { Algorithm } from '../jwt/keys.ts';", 'sources'],
  ['jwt/json.ts', "import { codeOf } from '../revocation/redis/errors.ts';", 'jwt'],
  ['revocation/memory.ts', "import type { LogSink } from '../sinks/log/sink.ts';", 'revocation'],
  ['policy/path.ts', "import { parseJsonObject } from '../jwt/json.ts';", 'policy'],
  ['policy/resolver.ts', "import type { Settings } from '../config/settings.ts';", 'policy'],
  ['sinks/reply.ts', "import { varint } from '../sources/codec/writer.ts';", 'sinks'],
  ['config/print.ts', "import type { Clock } from '../domain/clock.ts';", 'config'],
  ['admin/server.ts', "import type { Service } from '../lifecycle/service.ts';", 'admin'],
  ['lifecycle/signals.ts', "import { createService } from '../app.ts';", 'lifecycle'],
  ['version.ts', "import './nowhere.ts';", 'no-unresolved'],
  ['unused.ts', 'export const unused = 1;', 'no-orphans'],
];

const { default: config } = await import(join(ROOT, '.dependency-cruiser.mjs'));

interface Findings {
  readonly modules: number;
  readonly violations: readonly { readonly rule: string; readonly text: string }[];
}

async function look(folder: string): Promise<Findings> {
  const options: ICruiseOptions = {
    ...config.options,
    baseDir: folder,
    validate: true,
    ruleSet: { forbidden: config.forbidden },
  };
  const { modules, summary } = (await cruise(['src'], options)).output as ICruiseResult;
  return {
    modules: modules.filter(({ source }) => source.startsWith('src/')).length,
    violations: summary.violations.map(({ rule, from, to }) => ({
      rule: rule.name,
      text: `${rule.name}: ${from} → ${to}`,
    })),
  };
}

async function proveRules(): Promise<string[]> {
  const tools = join(ROOT, '.tools');
  await mkdir(tools, { recursive: true });
  const copy = await mkdtemp(join(tools, 'boundaries-'));
  try {
    await cp(join(ROOT, 'src'), join(copy, 'src'), { recursive: true });
    await cp(join(ROOT, 'tsconfig.json'), join(copy, 'tsconfig.json'));
    const failures: string[] = [];
    for (const [file, line, rule] of PLANTED) {
      const path = join(copy, 'src', file);
      const text = await readFile(path, 'utf8').catch(() => '');
      await writeFile(path, `${line}\n${text}`);
      const { violations } = await look(copy);
      if (!violations.some((violation) => violation.rule === rule)) {
        failures.push(`the rule ${rule} does not find, in ${file}: ${line}`);
      }
      await (text === '' ? rm(path) : writeFile(path, text));
    }
    return failures;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

const { modules, violations } = await look(ROOT);
const failures = [...violations.map(({ text }) => text), ...(await proveRules())];
if (modules < FEWEST_MODULES) failures.push(`only ${modules} modules were found and looked at`);
for (const failure of failures) process.stderr.write(`${failure}\n`);
process.stdout.write(
  `boundaries: ${modules} modules, ${violations.length} violations, ${PLANTED.length} planted ones\n`,
);
if (failures.length > 0) process.exitCode = 1;
