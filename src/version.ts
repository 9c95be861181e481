import { readFileSync } from 'node:fs';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
  readonly engines: { readonly node: string };
};

/** Of the package. */
export const { version } = manifest;

/** Why a Node.js of this version, '22.18.0', cannot run the package; undefined when it can. */
export function nodeFault(running: string): string | undefined {
  const needed = manifest.engines.node.replace('>=', '');
  const [major = 0, minor = 0] = needed.split('.').map(Number);
  const [runningMajor = 0, runningMinor = 0] = running.split('.').map(Number);
  if (runningMajor > major || (runningMajor === major && runningMinor >= minor)) return undefined;
  return `Node.js ${needed} or later is needed, this is ${running}; npm scripts bring their own`;
}
