import { execFile } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askedOver, planQueries, planQueryNames } from '../../../bench/lib/plan.ts';
import type { Environment, Subject } from '../../../bench/lib/subject.ts';
import type { Load } from '../../../bench/locust/command.ts';
import { play } from '../../../bench/locust/play.ts';
import { type LocustRig, locustRig, type TokenPlace } from '../../../bench/locust/rig.ts';
import { ensureTool } from '../../../scripts/lib/tools.ts';
import { PATIENT_SETTINGS } from '../../support/envoy-edits.ts';
import { startSluice } from '../../support/sluice.ts';
import { token } from '../../support/stack.ts';
import { missing } from '../../support/tools.ts';
import { until } from '../../support/until.ts';
import { startValkey, type Valkey } from '../../support/valkey.ts';

const TIMEOUT_MS = 120_000;
const FILE = new URL('../../../bench/locust/ext_authz.py', import.meta.url).pathname;

describe.skipIf(missing('locust', 'envoy', 'prometheus', 'valkey'))('Locust through Envoy', () => {
  let valkey: Valkey;
  beforeAll(async () => {
    valkey = await startValkey();
  });
  afterAll(() => valkey?.[Symbol.asyncDispose]());

  const rigFor = (place: TokenPlace) => locustRig(place, startService);

  async function startService(settings: Environment): Promise<Subject> {
    const limits = { ...PATIENT_SETTINGS, AUTH_REDIS_URL: valkey.url };
    const sluice = await startSluice({ ...limits, ...settings });
    await until(async () => (await sluice.ready()).status === 200);
    return {
      address: `127.0.0.1:${sluice.grpcPort}`,
      adminUrl: sluice.adminUrl,
      pids: () => [sluice.pid],
      [Symbol.asyncDispose]: () => sluice.stop(),
    };
  }

  const playOn = (rig: LocustRig, more: Partial<Load> = {}, presented = token()) => {
    // As many as it takes for CPU that is counted in hundredths of a second to show.
    const load = { place: 'header' as const, users: 60, spawnRate: 60, seconds: 5, processes: 1 };
    return play({ load: { ...load, ...more }, token: presented, rig, redis: valkey.pid });
  };

  it.each([
    ['header', 1],
    ['cookie', 2],
  ] as const)(
    'gets through with its token in a %s, by %i processes',
    async (place, processes) => {
      await using rig = await rigFor(place);
      const run = await playOn(rig, { place, processes });
      expect(run.requests).toBeGreaterThan(0);
      expect(run.failures).toBe(0);
      // Those under way at its end it does not count.
      expect(run.decided).toBeGreaterThanOrEqual(run.requests);
      expect(run.decided).toBeLessThanOrEqual(run.requests + run.users);
      expect(run.cores.locust).toBeGreaterThan(0);
      for (const name of planQueryNames) {
        const expr = askedOver(planQueries[name], 300);
        await until(async () => Number.isFinite((await rig.prometheus.query(expr))[0]?.value));
      }
      const [success] = await rig.prometheus.query(askedOver(planQueries.success, 300));
      expect(success?.value).toBe(100);
    },
    TIMEOUT_MS,
  );

  it('is void where nothing gets through', { timeout: TIMEOUT_MS }, async () => {
    await using rig = await rigFor('header');
    const run = await playOn(rig, {}, 'garbage');
    expect(run.failures).toBe(run.requests);
    expect(run.void).toBe(`none of ${run.requests} requests got through`);
  });
});

describe.skipIf(missing('locust'))('bench/locust/ext_authz.py', () => {
  async function list(env: Readonly<Record<string, string>>) {
    const { path } = await ensureTool('locust');
    return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const args = ['-m', 'locust', '-f', FILE, '--list'];
      execFile(path, args, { env: { PATH: '', ...env } }, (error, stdout, stderr) => {
        resolve({ code: Number(error?.code ?? 0), stdout, stderr });
      });
    });
  }

  it.each([
    ['both kinds of users', {}, ['ExtAuthzHeaderUser', 'ExtAuthzCookieUser']],
    ['those with a header', { AUTH_METHOD: 'header' }, ['ExtAuthzHeaderUser']],
    ['those with a cookie', { AUTH_METHOD: 'cookie' }, ['ExtAuthzCookieUser']],
  ])('has %s', async (_, env, users) => {
    const { stdout } = await list({ ACCESS_TOKEN: 'a', ...env });
    expect(stdout.match(/ExtAuthz\w+/g)?.sort()).toEqual(users.toSorted());
  });

  it.each([
    ['no token', {}, 'ACCESS_TOKEN is not set'],
    [
      'a method that is none',
      { ACCESS_TOKEN: 'a', AUTH_METHOD: 'basic' },
      "AUTH_METHOD is 'basic'",
    ],
  ])('refuses %s', async (_, env, why) => {
    const { code, stderr } = await list(env);
    expect(code).toBe(1);
    expect(stderr).toContain(why);
  });
});
