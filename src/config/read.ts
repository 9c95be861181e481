import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { capped, contradictions } from './rules.ts';
import type { Setting, ValuesOf } from './setting.ts';
import { infoOf, type SettingInfo } from './setting-info.ts';
import { NOT_USED, type SettingName, type Settings, schema } from './settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ReadSettings {
  readonly settings: Settings;
  /** One for each setting that is capped or has no effect. */
  readonly warnings: readonly string[];
  /** What was given, as it was written; the others have their defaults. */
  readonly given: ReadonlyMap<SettingName, string>;
}

/**
 * Something about settings that the rest of the configuration cannot know, such as what keys are.
 * Settings that are at fault are left out.
 */
export type SettingsCheck = (
  settings: Partial<Settings>,
  env: Environment,
) => Promise<readonly string[]>;

/** All that is wrong with the settings, a line each. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`the settings cannot be used:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

/**
 * Reads every setting from the environment. Rejects with a SettingsError that lists all faults at
 * once, and shows no secret.
 */
export async function readSettings(env: Environment, check: SettingsCheck): Promise<ReadSettings> {
  const { data, given, faults } = readEach(env, schema);
  const all = [...faults, ...contradictions(data, given), ...(await check(data, env))];
  if (all.length > 0) throw new SettingsError(all);
  const { settings, warnings } = capped(data as Settings, given);
  return { settings, warnings: [...warnings, ...notUsed(env)], given };
}

type Wanted = Readonly<Record<string, Setting<unknown>>>;

/** The settings that `wanted`, the schema or a part of it, names. Throws a SettingsError. */
export function parseSettings<W extends Wanted>(env: Environment, wanted: W): ValuesOf<W> {
  const { data, faults } = readEach(env, wanted);
  if (faults.length > 0) throw new SettingsError(faults);
  return data as ValuesOf<W>;
}

/** Each by itself, so that a fault in one hides none in another. */
function readEach<W extends Wanted>(env: Environment, wanted: W) {
  const data: Record<string, unknown> = {};
  const given = new Map<SettingName, string>();
  const faults: string[] = [];
  for (const [name, setting] of Object.entries(wanted)) {
    const info = infoOf.get(name) as SettingInfo;
    const source = info.secret ? secretOf(env, info.name) : { text: env[name] };
    if (source.fault !== undefined) {
      faults.push(source.fault);
      continue;
    }
    // Manifests have the empty string for "not set".
    const text = source.text?.trim() === '' ? undefined : source.text;
    if (text !== undefined) given.set(info.name, text);
    const isExcused = text === undefined && info.unless.some((other) => isSet(env, other));
    const parsed = isExcused ? { value: undefined } : setting.parse(text);
    if (parsed === 'not allowed') faults.push(faultOf(info, text));
    else data[name] = parsed.value;
  }
  return { data: data as Partial<ValuesOf<W>>, given, faults };
}

function isSet(env: Environment, name: string): boolean {
  return (env[name] ?? '').trim() !== '';
}

export interface Source {
  readonly text?: string | undefined;
  readonly fault?: string;
}

/** Of NAME, or of the file that NAME_FILE names. */
export function secretOf(env: Environment, name: string): Source {
  const fileVariable = `${name}_FILE`;
  const [text, path] = [env[name], env[fileVariable]];
  if (!path) return { text };
  if (text) return { fault: `${name} and ${fileVariable} are both set; only one may be` };
  // What is no path may be the secret itself, put into the wrong variable.
  const shown = isAbsolute(path) ? path : 'the file it names (not shown: not an absolute path)';
  try {
    const content = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    return content.trim() === ''
      ? { fault: `${fileVariable}: ${shown} is empty` }
      : { text: content };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { fault: `${fileVariable}: cannot read ${shown}: ${code}` };
  }
}

function faultOf({ name, secret, allowed }: SettingInfo, text: string | undefined): string {
  if (text === undefined) {
    const orFile = secret ? ` (or ${name}_FILE)` : '';
    return `${name}${orFile} is not set; it must be ${allowed}`;
  }
  // Before an @ there may be a password.
  const isShown = !secret && !text.includes('@');
  const shown = isShown ? JSON.stringify(text) : 'what it holds (not shown)';
  return `${name} cannot be ${shown}; it must be ${allowed}`;
}

function notUsed(env: Environment): string[] {
  return Object.entries(NOT_USED)
    .filter(([name]) => env[name])
    .map(([name, why]) => `${name} has no effect: ${why}`);
}
