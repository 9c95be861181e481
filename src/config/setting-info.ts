import type { z } from 'zod';
import { type SettingName, schema } from './settings.ts';

/** What messages, --help and the documentation say of a setting. */
export interface SettingInfo {
  readonly name: SettingName;
  readonly description: string;
  readonly allowed: string;
  readonly required: boolean;
  /** Undefined: there is none. */
  readonly fallback: unknown;
  /** Never shown; may be given as a file by NAME_FILE. */
  readonly secret: boolean;
}

interface Meta {
  readonly allowed?: string;
  readonly secret?: boolean;
}

export const settingInfos: readonly SettingInfo[] = Object.entries(schema.shape).map(
  ([name, type]) => describe(name as SettingName, type as z.ZodType),
);

export const infoOf: ReadonlyMap<string, SettingInfo> = new Map(
  settingInfos.map((info) => [info.name, info]),
);

function describe(name: SettingName, type: z.ZodType): SettingInfo {
  const { def } = type as unknown as {
    def: { type: string; innerType?: z.ZodType; defaultValue?: unknown };
  };
  const isOptional = def.type === 'default' || def.type === 'optional';
  const { allowed = '', secret = false } = ((isOptional ? def.innerType : type)?.meta() ??
    {}) as Meta;
  const required = !isOptional;
  const description = type.description ?? '';
  return { name, description, allowed, required, fallback: def.defaultValue, secret };
}
