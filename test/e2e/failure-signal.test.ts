import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_PORTS, envoyConfig } from '../../scripts/lib/envoy-config.ts';
import { startUpstream } from '../../scripts/lib/upstream.ts';
import type { FailureSignal } from '../../src/domain/decision.ts';
import { type Envoy, startEnvoy } from '../support/envoy.ts';
import { PATIENT_SETTINGS, patient, swap } from '../support/envoy-edits.ts';
import { http } from '../support/http.ts';
import { type Sluice, startSluice } from '../support/sluice.ts';
import { bearer, token } from '../support/stack.ts';
import { missing } from '../support/tools.ts';
import { until } from '../support/until.ts';
import { startValkey, type Valkey } from '../support/valkey.ts';

/* The table of docs/operations.md, and every cell of it through a real Envoy. */

const DOC = join(import.meta.dirname, '../../docs/operations.md');
const TITLE = 'What Envoy makes of a failure';
const HEAD = [
  '| away | token | `FAILURE_SIGNAL` | `failure_mode_allow: false` | `failure_mode_allow: true` |',
  '|---|---|---|---|---|',
];
const AWAY = ['nothing', 'Redis', 'Sluice'] as const;
/** A known one was refused before by the same Sluice. */
const TOKENS = ['good', 'revoked', 'known revoked', 'bad', 'no'] as const;
const SIGNALS: readonly FailureSignal[] = ['denied', 'error_response', 'grpc_status'];
const LISTENERS = SIGNALS.flatMap((signal) => [false, true].map((allow) => ({ signal, allow })));
const MARK = 'x-envoy-auth-failure-mode-allowed';
/** Not a status of ours. */
const STATUS_ON_ERROR = 504;

interface Outcome {
  readonly text: string;
  readonly status: number;
  /** Of a body of ours; absent = there is none. */
  readonly error?: string;
  /** Of those that a refusal can have. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Those of its headers that a downstream made up, as they arrive; absent = nothing does. */
  readonly upstream?: Readonly<Record<string, string>>;
}

const refused = (status: number, error: string, headers: Record<string, string> = {}): Outcome => {
  const names = Object.keys(headers).map((name) => `, \`${name}\``);
  return { text: `${status} \`${error}\`${names.join('')}`, status, error, headers };
};
const challenge = (rest = '') => ({ 'www-authenticate': `Bearer realm="api"${rest}` });
const noToken = refused(401, 'missing_header', challenge());
const badToken = refused(401, 'invalid_token', challenge(', error="invalid_token"'));
const revoked = refused(403, 'blacklisted');
const redisError = refused(503, 'redis_error', { 'retry-after': '1' });
const envoyRefuses: Outcome = { text: '`status_on_error`, no body', status: STATUS_ON_ERROR };
const passes: Outcome = { text: 'passes', status: 200, upstream: { 'x-user-id': 'user-1' } };
const nobody: Outcome = { text: 'passes as nobody', status: 200, upstream: { [MARK]: 'true' } };

type Row = readonly [
  away: readonly (typeof AWAY)[number][],
  tokens: readonly (typeof TOKENS)[number][],
  signals: readonly FailureSignal[],
  failureModeAllowOff: Outcome,
  failureModeAllowOn: Outcome,
];

const MATRIX: readonly Row[] = [
  [['nothing'], ['good'], SIGNALS, passes, passes],
  [['nothing'], ['revoked'], SIGNALS, revoked, revoked],
  [['nothing', 'Redis'], ['known revoked'], SIGNALS, revoked, revoked],
  [['nothing', 'Redis'], ['bad'], SIGNALS, badToken, badToken],
  [['nothing', 'Redis'], ['no'], SIGNALS, noToken, noToken],
  [['Redis'], ['good', 'revoked'], ['denied'], redisError, redisError],
  [['Redis'], ['good', 'revoked'], ['error_response'], redisError, nobody],
  [['Redis'], ['good', 'revoked'], ['grpc_status'], envoyRefuses, nobody],
  [['Sluice'], TOKENS, SIGNALS, envoyRefuses, nobody],
];

it('docs/operations.md has the same table', () => {
  const rows = MATRIX.map(([away, tokens, signals, off, on]) => {
    const token = tokens === TOKENS ? 'any' : tokens.join(', ');
    const signal = signals === SIGNALS ? 'any' : `\`${signals.join()}\``;
    return `| ${away.join(', ')} | ${token} | ${signal} | ${off.text} | ${on.text} |`;
  });
  const section = readFileSync(DOC, 'utf8')
    .split(/^## /m)
    .find((text) => text.startsWith(TITLE));
  expect(section?.match(/^\|.*$/gm)).toEqual([...HEAD, ...rows]);
});

describe.skipIf(missing('envoy', 'valkey'))(TITLE, () => {
  const started = new AsyncDisposableStack();
  let valkey: Valkey;
  let sluices: readonly Sluice[];
  let envoy: Envoy;

  beforeAll(async () => {
    valkey = started.use(await startValkey());
    const upstream = started.use(await startUpstream());
    const settings = { ...PATIENT_SETTINGS, AUTH_REDIS_URL: valkey.url };
    const starts = SIGNALS.map((signal) => startSluice({ ...settings, FAILURE_SIGNAL: signal }));
    sluices = await Promise.all(starts);
    for (const sluice of sluices) started.use(sluice);
    await untilAll('ready');
    const ports = { ...DEFAULT_PORTS, ingress: 0, upstream: upstream.httpPort };
    const config = envoyConfig(ports, (yaml) => everyListener(yaml, sluices));
    envoy = started.use(await startEnvoy(config));
    for (const jti of ['known', ...AWAY]) await valkey.command('SET', `blacklist:${jti}`, '1');
    for (const signal of SIGNALS) await ask(`${signal}-false`, bearer(token({ jti: 'known' })));
  });
  afterAll(() => started.disposeAsync());

  const untilAll = (status: string) =>
    until(async () => {
      const answers = await Promise.all(sluices.map((sluice) => sluice.ready()));
      return answers.every(({ body }) => body.status === status);
    });
  const takeAway = {
    nothing: () => {},
    Redis: () => valkey.stop().then(() => untilAll('degraded')),
    Sluice: () => Promise.all(sluices.map((sluice) => sluice.stop())),
  };
  const madeUp = { 'x-user-id': ['root', 'admin'], 'x-auth-provider': 'evil', [MARK]: 'false' };
  const ask = (listener: string, headers: Readonly<Record<string, string>>) =>
    http(envoy.url(listener), { headers: { ...headers, ...madeUp } });
  const counter = 'cluster.upstream.upstream_rq_total';
  const upstreamRequests = async () => (await envoy.stats(`^${counter}$`))[counter] ?? Number.NaN;

  describe.each(AWAY)('with %s away', (away) => {
    beforeAll(async () => void (await takeAway[away]()));
    const credentials: Record<(typeof TOKENS)[number], Readonly<Record<string, string>>> = {
      good: bearer(token()),
      revoked: bearer(token({ jti: away })),
      'known revoked': bearer(token({ jti: 'known' })),
      bad: bearer('rubbish'),
      no: {},
    };
    const cells = TOKENS.flatMap((credential) => LISTENERS.map((at) => ({ credential, ...at })));

    it.each(cells)('$credential token, $signal, failure_mode_allow: $allow', async (cell) => {
      const { credential, signal, allow } = cell;
      const rows = MATRIX.filter(
        (row) => row[0].includes(away) && row[1].includes(credential) && row[2].includes(signal),
      );
      expect(rows).toHaveLength(1);
      const [, , , off, on] = rows[0] as Row;
      const { text: _, ...expected } = allow ? on : off;
      const before = await upstreamRequests();
      const answer = await ask(`${signal}-${allow}`, credentials[credential]);
      const body = answer.body === '' ? {} : JSON.parse(answer.body);
      expect({
        status: answer.status,
        error: body.error,
        headers: pick(answer.headers, ['retry-after', 'www-authenticate']),
        upstream: body.headers && pick(body.headers, Object.keys(madeUp)),
      }).toEqual({ headers: {}, ...expected });
      const { authorization } = credentials[credential];
      expect(body.headers?.authorization).toBe(expected.upstream && authorization);
      expect(await upstreamRequests()).toBe(before + (expected.upstream ? 1 : 0));
    });
  });
});

const pick = (headers: Readonly<Record<string, string>>, names: readonly string[]) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => names.includes(name)));

/** A cluster for each FAILURE_SIGNAL, and two listeners that ask it. */
function everyListener(yaml: string, sluices: readonly Sluice[]): string {
  const status = 'status_on_error: { code: ServiceUnavailable }';
  const marking = `failure_mode_allow_header_add: true\n${' '.repeat(22)}`;
  return [
    patient,
    swap(status, `${marking}status_on_error: { code: ${STATUS_ON_ERROR} }`),
    swap('- remove: x-user-id', `- remove: ${MARK}\n${' '.repeat(26)}- remove: x-user-id`),
  ]
    .reduce((text, edit) => edit(text), yaml)
    .replace(/^ {4}- name: ingress\n.*?(?=^ {2}clusters:)/ms, (listener) =>
      LISTENERS.map(({ signal, allow }) =>
        listener
          .replace('name: ingress', `name: ${signal}-${allow}`)
          .replace('name: sluice', `name: ${signal}`)
          .replace('mode_allow: false', `mode_allow: ${allow}`),
      ).join(''),
    )
    .replace(/^ {4}- name: sluice\n.*?(?=^ {4}- name: upstream$)/ms, (cluster) =>
      SIGNALS.map((signal, i) =>
        cluster
          .replaceAll('name: sluice', `name: ${signal}`)
          .replace(`${DEFAULT_PORTS.sluice}`, `${sluices[i]?.grpcPort}`),
      ).join(''),
    );
}
