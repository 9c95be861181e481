import { nearest } from '../../../src/config/policy/nearest.ts';
import { readSettings, SettingsError } from '../../../src/config/read.ts';
import { infoOf } from '../../../src/config/setting-info.ts';
import { NOT_USED, type Settings } from '../../../src/config/settings.ts';
import type { EnvValue, Resolved } from './references.ts';

/** Read by Node.js or the C library, and not by us. */
const OF_THE_RUNTIME: readonly string[] = [
  'MALLOC_ARENA_MAX',
  'NODE_ENV',
  'NODE_EXTRA_CA_CERTS',
  'NODE_OPTIONS',
  'TZ',
];
const A_FILE = 'the path of a file that can be read';
/** One that can be, in place of one that only the container has. */
const SOME_FILE = import.meta.filename;
const SOME_REDIS = 'redis://redis.example:6379';
const SOME_SECRET = 'not looked at';

export interface Configured {
  /** Undefined where there are faults. */
  readonly settings: Settings | undefined;
  readonly faults: readonly string[];
}

/**
 * What the service makes of the environment of its container, by its own parser: unknown names,
 * values that it cannot use, settings that are missing or have no effect. What a secret holds is not
 * known, nor asked.
 */
export async function configured({ env, files }: Resolved): Promise<Configured> {
  const faults: string[] = [];
  const known: Record<string, string> = {};
  for (const [name, value] of env) {
    const secret = name.endsWith('_FILE') ? name.slice(0, -'_FILE'.length) : name;
    const info = infoOf.get(name) ?? infoOf.get(secret);
    const isFile = info?.allowed === A_FILE || (info?.secret && info.name !== name);
    if (OF_THE_RUNTIME.includes(name)) continue;
    if (info === undefined || (info.name !== name && !info.secret)) {
      if (name in NOT_USED) faults.push(`env ${name} has no effect: ${NOT_USED[name]}`);
      else faults.push(unknown(name));
    } else if (isFile) {
      if ('text' in value && !files.has(value.text)) faults.push(notMounted(name, value, files));
      known[info.name] = info.secret ? standIn(info.name) : SOME_FILE;
    } else if (info.secret) {
      if ('text' in value) faults.push(`env ${name} is a secret, and must come from a Secret`);
      known[name] = standIn(name);
    } else if ('text' in value) known[name] = value.text;
  }
  try {
    const { settings, warnings } = await readSettings(known, async () => []);
    return { settings, faults: [...faults, ...warnings] };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return { settings: undefined, faults: [...faults, ...error.faults] };
  }
}

const standIn = (name: string): string => (name === 'AUTH_REDIS_URL' ? SOME_REDIS : SOME_SECRET);

function unknown(name: string): string {
  const similar = nearest(
    name.toLowerCase(),
    [...infoOf.keys()].map((known) => known.toLowerCase()),
  );
  const perhaps = similar === undefined ? '' : `, perhaps ${similar.toUpperCase()} is meant`;
  return `env ${name} is no setting${perhaps}; docs/settings.md has them all`;
}

function notMounted(
  name: string,
  { text }: EnvValue & { text: string },
  files: ReadonlySet<string>,
) {
  return `env ${name}: nothing is mounted at ${text}; there is ${[...files].join(', ') || 'nothing'}`;
}
