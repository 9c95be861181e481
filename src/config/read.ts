import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { capped, contradictions } from './rules.ts';
import { infoOf, type SettingInfo, settingInfos } from './setting-info.ts';
import { NOT_USED, type SettingName, type Settings, schema } from './settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ReadSettings {
  readonly settings: Settings;
  /** One for each setting that is capped or has no effect. */
  readonly warnings: readonly string[];
  /** What was given, as it was written; the others have their defaults. */
  readonly given: ReadonlyMap<SettingName, string>;
}

/** Something about settings that the rest of the configuration cannot know, such as what keys are. */
export type SettingsCheck = (settings: Settings) => Promise<readonly string[]>;

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
  const { data, given } = parseSettings(env, schema);
  const faults = [...contradictions(data), ...(await check(data))];
  if (faults.length > 0) throw new SettingsError(faults);
  const { settings, warnings } = capped(data, given);
  return { settings, warnings: [...warnings, ...notUsed(env)], given };
}

/** The settings that `wanted`, the schema or a part of it, names. Throws a SettingsError. */
export function parseSettings<T>(
  env: Environment,
  wanted: z.ZodType<T>,
): { readonly data: T; readonly given: ReadonlyMap<SettingName, string> } {
  const faults: string[] = [];
  const given = textsOf(env, faults);
  const parsed = wanted.safeParse(Object.fromEntries(given));
  for (const { path, message } of parsed.error?.issues ?? []) {
    const info = infoOf.get(String(path[0])) as SettingInfo;
    faults.push(faultOf(info, given.get(info.name), message));
  }
  if (!parsed.success || faults.length > 0) throw new SettingsError(faults);
  return { data: parsed.data, given };
}

/** What is set, and not to the empty string, which manifests use for "not set". */
function textsOf(env: Environment, faults: string[]): Map<SettingName, string> {
  const texts = new Map<SettingName, string>();
  for (const info of settingInfos) {
    const text = info.secret ? secretText(env, info.name, faults) : env[info.name];
    if (text !== undefined && text.trim() !== '') texts.set(info.name, text);
  }
  return texts;
}

function secretText(env: Environment, name: string, faults: string[]): string | undefined {
  const fileVariable = `${name}_FILE`;
  const [text, path] = [env[name], env[fileVariable]];
  if (!path) return text;
  if (text) {
    faults.push(`${name} and ${fileVariable} are both set; only one may be`);
    return undefined;
  }
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    faults.push(`${fileVariable}: cannot read ${path}: ${(error as NodeJS.ErrnoException).code}`);
    return undefined;
  }
}

function faultOf(info: SettingInfo, text: string | undefined, allowed: string): string {
  const { name, secret } = info;
  if (text === undefined) {
    const orFile = secret ? ` (or ${name}_FILE)` : '';
    return `${name}${orFile} is not set; it must be ${info.allowed}`;
  }
  const shown = secret ? 'what it holds (not shown)' : JSON.stringify(text);
  return `${name} cannot be ${shown}; it must be ${allowed}`;
}

function notUsed(env: Environment): string[] {
  return Object.entries(NOT_USED)
    .filter(([name]) => env[name])
    .map(([name, why]) => `${name} has no effect: ${why}`);
}
