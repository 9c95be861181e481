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
  revoke           or, with AUTH_REDIS_URL, put there one of; with AUTH_POLICY_FILE only what it
                   says is asked for:
    --jti J        a token, by its jti
    --sid S        a session
    --sub U        what a user was given until now, and AUTH_CLOCK_SKEW_SEC on, which tokens of
                   now may say; who signs in after that gets in
      --before T   until then: a time such as 2030-01-31T12:00:00Z, or seconds since 1970, at
                   most 5 minutes ahead; what is on the denylist is never lowered
    --kid K        all that a key signed
    --issuer I --all
                   every token of an issuer
    --issuer I     whose user or key is meant (AUTH_ISSUER)
    --ttl SEC      the seconds that tokens live at most, for which it is remembered, and some more
                   (AUTH_MAX_TOKEN_LIFETIME_SEC); needless with a token, whose exp says it
    --undo         take it off the denylist again
  check <token>    ask a running service what a request with this token would get; exit code 3
                   when it would not pass; "-" reads the token from standard input
    --address A    host:port of its Check service (127.0.0.1:50051)
  explain          tell what a request would get by the settings in the environment, and why: which
                   rule, issuer and step decided; exit code 3 when it would not pass
    --token T      in the header authorization; "-" reads it from standard input
    --method M, --path P, --host H
                   of the request (GET, /, localhost)
    --header H     another header, as in "cookie: session=…"; may be given several times
    --extension E  what Envoy's route says in context_extensions, as in sluice.policy=admins; the
                   same
    --redis        ask the denylist too

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
