import { type SettingName, schema } from './settings.ts';

/** What messages, --help and the documentation say of a setting. */
export type SettingInfo = (typeof settingInfos)[number];

export const settingInfos = Object.entries(schema).map(([name, setting]) => {
  const { description, allowed, required, fallback, secret } = setting.info;
  return { name: name as SettingName, description, allowed, required, fallback, secret };
});

export const infoOf: ReadonlyMap<string, SettingInfo> = new Map(
  settingInfos.map((info) => [info.name, info]),
);
