import type { Setting } from './setting.ts';
import { type SettingName, schema } from './settings.ts';

/** What messages, --help and the documentation say of a setting. */
export type SettingInfo = (typeof settingInfos)[number];

export const settingInfos = Object.entries(schema).map(([name, setting]) => {
  return { name: name as SettingName, ...(setting as Setting<unknown>).info };
});

export const infoOf: ReadonlyMap<string, SettingInfo> = new Map(
  settingInfos.map((info) => [info.name, info]),
);
