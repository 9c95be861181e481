import type { Check } from '../../src/domain/check.ts';
import { CheckRequest } from '../../src/sources/codec/check-request.ts';
import { bytes } from './wire.ts';

export const readCheck = (...parts: readonly Uint8Array[]): CheckRequest =>
  new CheckRequest(bytes(...parts), { rpcHeader: () => undefined });

export function extensionOf(check: Check | undefined, name: string): string | undefined {
  return new Map(check?.extensions).get(name);
}

/** All that a check says, with one header and one extension of a name. */
export function partsOf(check: CheckRequest, name = 'a') {
  const { method, path, host } = check;
  return { method, path, host, header: check.header(name), extension: extensionOf(check, name) };
}

/** What an empty check says, and one that cannot be judged. */
export const NOTHING: ReturnType<typeof partsOf> = {
  method: '',
  path: '',
  host: '',
  header: undefined,
  extension: undefined,
};
