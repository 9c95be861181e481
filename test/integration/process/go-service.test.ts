import { describe, expect, it } from 'vitest';
import { GO_MANIFEST } from '../../support/go-service.ts';
import { startSluice } from '../../support/sluice.ts';
import { missing } from '../../support/tools.ts';
import { until } from '../../support/until.ts';
import { startValkey } from '../../support/valkey.ts';
import { CheckClient, newToken } from './check-client.ts';

const WARNINGS = [
  /^REDIS_POOL_TIMEOUT_MS is 150 instead of 2000: /,
  /^REDIS_READ_TIMEOUT_MS is 150 instead of 1000: /,
  /^REDIS_WRITE_TIMEOUT_MS is 150 instead of 1000: /,
  /^REDIS_POOL_SIZE is 64 instead of 500: /,
  /^REDIS_MIN_IDLE_CONNS is 64 instead of 200: /,
  /^LOCAL_CACHE_ENABLED has no effect: /,
  /^LOCAL_CACHE_CLEANUP_INTERVAL has no effect: /,
  /^AMQP_URL has no effect: /,
  /^GOMAXPROCS has no effect: /,
];

describe.skipIf(missing('valkey'))('the environment of the Go service', () => {
  it.each(['1', '2'])('starts it, with one warning a setting (WORKERS=%s)', async (workers) => {
    await using valkey = await startValkey();
    const env = { ...GO_MANIFEST, AUTH_REDIS_URL: valkey.url, WORKERS: workers };
    await using sluice = await startSluice(env);
    using client = new CheckClient(sluice.grpcPort);
    await until(async () => (await sluice.ready()).status === 200);
    await until(async () => (await client.reasonFor(newToken())) === 'success');
    sluice.signal('SIGTERM');
    expect(await sluice.exitCode).toBe(0);
    const warnings = sluice.lines.filter(({ message }) => / (is|has) /.test(String(message)));
    expect(warnings.map(({ message }) => message).slice(0, WARNINGS.length)).toEqual(
      WARNINGS.map((warning) => expect.stringMatching(warning)),
    );
    for (const name of Object.keys(GO_MANIFEST)) {
      const lines = sluice.lines.filter(({ message }) => String(message).startsWith(`${name} `));
      expect(lines.length).toBeLessThanOrEqual(1);
      for (const line of lines) expect(line['log.level']).toBe('warn');
    }
    expect(sluice.log).not.toContain('s3cr3t-pass');
  });
});
