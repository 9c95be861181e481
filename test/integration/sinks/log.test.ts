import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { startSluice } from '../../support/sluice.ts';
import { SECRET } from '../../support/tokens.ts';
import { missing } from '../../support/tools.ts';
import { until } from '../../support/until.ts';
import { startValkey } from '../../support/valkey.ts';
import { CheckClient, newToken, PATIENCE } from '../process/check-client.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const random = () => randomBytes(12).toString('hex');

/** What a check says that must not be in the log, and what it says it in. */
function secretCheck() {
  const [sub, jti, cookie, query] = [random(), random(), random(), random()];
  const token = newToken({ sub, jti });
  const headers = {
    authorization: `Bearer ${token}`,
    cookie: `session=${cookie}`,
    'x-request-id': `id-${query.slice(0, 4)}`,
    traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
  };
  const path = `/orders?access_token=${query}`;
  return {
    fields: { path, headers },
    secrets: [sub, jti, cookie, query, ...token.split('.')],
    jti,
  };
}

describe.skipIf(missing('valkey'))('the log of a running service', () => {
  it('has a line for every check, and nothing of a secret', async () => {
    await using valkey = await startValkey({ password: 's3cr3t-pass' });
    const env = { ...PATIENCE, AUTH_REDIS_URL: valkey.url, LOG_LEVEL: 'debug' };
    await using sluice = await startSluice(env);
    using client = new CheckClient(sluice.grpcPort);
    await until(async () => (await sluice.ready()).status === 200);

    const [good, revoked, forged] = [secretCheck(), secretCheck(), secretCheck()];
    await valkey.command('SET', `blacklist:${revoked.jti}`, 1);
    forged.fields.headers.authorization += 'x';
    for (const { fields } of [good, revoked, forged]) await client.ask(fields);
    await client.ask({ method: 'TRACK', headers: {} });
    sluice.signal('SIGTERM');
    expect(await sluice.exitCode).toBe(0);

    const checks = sluice.lines.filter(({ message }) => message === 'check');
    expect(checks.map((line) => [line['sluice.reason'], line['log.level']])).toEqual([
      ['success', 'debug'],
      ['blacklisted', 'info'],
      ['invalid_token', 'info'],
      ['missing_header', 'info'],
    ]);
    for (const line of checks.slice(0, 3)) {
      expect(line).toMatchObject({
        'url.path': '/orders',
        'url.domain': 'api.example',
        'trace.id': TRACE,
        'http.request.id': expect.stringMatching(/^id-/),
        'event.duration': expect.any(Number),
      });
    }
    const secrets = [good, revoked, forged].flatMap((check) => check.secrets);
    for (const secret of [...secrets, SECRET, 's3cr3t-pass'])
      expect(sluice.log).not.toContain(secret);
  });

  it('drops what is too much of one reason, and counts it', async () => {
    await using valkey = await startValkey();
    const env = { ...PATIENCE, AUTH_REDIS_URL: valkey.url, LOG_MAX_PER_SEC: '0' };
    await using sluice = await startSluice(env);
    using client = new CheckClient(sluice.grpcPort);
    for (let i = 0; i < 3; i++) await client.reasonFor('');
    expect(await sluice.metric('ext_authz_log_dropped_total')).toBe(3);
    await sluice.stop();
    expect(sluice.lines.filter(({ message }) => message === 'check')).toEqual([]);
  });
});
