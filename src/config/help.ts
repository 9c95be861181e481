import { formatValue } from './print.ts';
import { settingInfos } from './setting-info.ts';

const USAGE = `Usage: sluice <command> [options]

An authorization service for Envoy (ext_authz over gRPC): verifies bearer tokens and asks a
denylist in Redis whether they were revoked.

Commands:
  serve            serve, with settings from the environment
    --print-config print the settings in effect, secrets left out, and end
  dev              try it: a random key, a denylist in memory, tokens to use; on 127.0.0.1 only
  revoke <token>   put a token on the denylist: in the Redis of AUTH_REDIS_URL if that is set,
                   else in a running "sluice dev"; "-" reads the token from standard input
  check <token>    ask a running service what a request with this token would get; exit code 3
                   when it would not pass; "-" reads the token from standard input
    --address A    host:port of its Check service (127.0.0.1:50051)

Options:
  -h, --help       show this
  -v, --version    show the version

Settings of serve, from the environment (a secret NAME may come from the file NAME_FILE):
`;

/** What --help prints. */
export const helpText = USAGE + settingInfos.map(settingHelp).join('');

type Info = (typeof settingInfos)[number];

/** When it may not be left out. */
export function requiredUnless(others: readonly string[]): string {
  return others.length === 0 ? 'required' : `required without ${others.join(' or ')}`;
}

function settingHelp({ name, description, allowed, required, unless, fallback }: Info): string {
  const missing = required ? requiredUnless(unless) : 'none';
  const standard = fallback === undefined ? missing : formatValue(fallback) || 'empty';
  return `  ${name} (${standard})\n      ${description}; ${allowed}\n`;
}
