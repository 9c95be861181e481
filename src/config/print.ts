import type { ReadSettings } from './read.ts';
import { type SettingInfo, settingInfos } from './setting-info.ts';

/** The effective settings, one NAME=value a line, with what is not the default marked. */
export function printSettings({ settings, given }: ReadSettings): string {
  return settingInfos
    .map((info) => {
      const text = given.get(info.name);
      const line = `${info.name}=${valueText(info, settings[info.name], text)}`;
      return text === undefined ? `${line}  # default` : line;
    })
    .join('\n');
}

function valueText({ secret }: SettingInfo, value: unknown, text: string | undefined): string {
  if (secret) return text === undefined ? '' : '***';
  return typeof value === 'object' && text !== undefined ? text : formatValue(value);
}

/** As it would be written in the environment. */
export function formatValue(value: unknown): string {
  if (value === undefined) return '';
  return Array.isArray(value) ? value.join(' ') : String(value);
}
