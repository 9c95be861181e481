import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CheckAnswer,
  type CheckService,
  startCheckService,
} from '../support/check-service.ts';
import { type Edit, PATIENT_SETTINGS, patient, swap } from '../support/envoy-edits.ts';
import { freePort } from '../support/free-port.ts';
import { http } from '../support/http.ts';
import { runSluice } from '../support/sluice.ts';
import { bearer, type Stack, startStack, token } from '../support/stack.ts';
import { missing } from '../support/tools.ts';
import { until } from '../support/until.ts';

const MIGRATING = join(import.meta.dirname, '../../docs/migrating.md');
const REFUSED_BY_OLD = 'refused-by-the-old-one';
const RUBBISH = 'rubbish-that-only-the-old-one-takes';
const TOLD_BY_OLD = { 'x-user-id': 'by-the-old-one', 'x-auth-provider': 'old' };

/** The service that decides takes every token but one, and tells the upstream who called. */
function decideAsOld(request: object): CheckAnswer {
  const told = (text: string) => ({ fields: { reason: { stringValue: text } } });
  if (JSON.stringify(request).includes(REFUSED_BY_OLD)) {
    const refusal = { status: { code: 403 }, body: 'the old one refuses' };
    return { status: { code: 7 }, denied_response: refusal, dynamic_metadata: told('old-deny') };
  }
  const headers = Object.entries(TOLD_BY_OLD).map(([key, value]) => ({ header: { key, value } }));
  return { status: { code: 0 }, ok_response: { headers }, dynamic_metadata: told('old-allow') };
}

/** The filter and the cluster that docs/migrating.md adds. */
function documented(): readonly [filter: string, cluster: string] {
  const doc = readFileSync(MIGRATING, 'utf8');
  const [filter, cluster] = [...doc.matchAll(/```yaml\n(- name: sluice_shadow\n.*?)```/gs)];
  return [filter?.[1] ?? '', cluster?.[1] ?? ''];
}

const indented = (text: string, by: number) => text.replaceAll(/^(?=.)/gm, ' '.repeat(by));
const metadata = (name: string) => `%DYNAMIC_METADATA(envoy.filters.http.ext_authz:${name})%`;
const filterOf = (kind: string) => `                  - name: envoy.filters.http.${kind}\n`;

/** deploy/envoy/envoy.yaml, whose own filter asks the old service. */
function withShadow(
  place: 'before' | 'after',
  old: number,
  sluice: number,
  editFilter: Edit = patient,
): Edit {
  const [filter, cluster] = documented();
  const next = filterOf(place === 'before' ? 'ext_authz' : 'router');
  const moved = swap(
    'address: ext-authz-headless-shadow.auth, port_value: 50051',
    `address: 127.0.0.1, port_value: ${sluice}`,
  );
  const edits = [
    swap(`port_value: ${sluice} }`, `port_value: ${old} }`),
    patient,
    swap(next, `${indented(editFilter(filter), 18)}${next}`),
    swap('  clusters:\n', `  clusters:\n${indented(moved(cluster), 4)}`),
    swap(metadata('reason'), ['reason', 'shadow_result', 'shadow_reason'].map(metadata).join(' ')),
  ];
  return (yaml) => edits.reduce((text, edit) => edit(text), yaml);
}

describe.skipIf(missing('envoy', 'valkey')).each(['after', 'before'] as const)(
  'Sluice in shadow mode, %s the service that decides',
  (place) => {
    let stack: Stack;
    let old: CheckService;
    beforeAll(async () => {
      old = await startCheckService(decideAsOld);
      const port = await freePort();
      const settings = {
        ...PATIENT_SETTINGS,
        AUTH_GRPC_PORT: String(port),
        ENVIRONMENT: 'shadow',
        SHADOW_MODE: 'true',
      };
      stack = await startStack({ settings, edit: withShadow(place, old.port, port) });
    });
    afterAll(async () => {
      await stack?.[Symbol.asyncDispose]();
      await old?.[Symbol.asyncDispose]();
    });

    const ask = (path: string, presented: string) =>
      http(`${stack.envoy.url()}${path}`, { headers: bearer(presented) });
    const logged = (path: string) =>
      new RegExp(`^GET ${path} (.*) \\d+ms$`, 'm').exec(stack.envoy.log)?.[1];
    /** What the upstream is sent of who called, and with which token. */
    const toldUpstream = async (path: string, presented: string) => {
      const answer = await ask(path, presented);
      expect(answer.status).toBe(200);
      const { headers } = JSON.parse(answer.body) as { headers: Record<string, string> };
      expect(headers).toMatchObject(bearer(presented));
      return { 'x-user-id': headers['x-user-id'], 'x-auth-provider': headers['x-auth-provider'] };
    };

    it('lets pass what that one allows, with its headers, whatever it has decided', async () => {
      expect(await toldUpstream('/good', token())).toEqual(TOLD_BY_OLD);
      expect(await toldUpstream('/rubbish', RUBBISH)).toEqual(TOLD_BY_OLD);
      await expect.poll(() => logged('/good')).toBe('200 old-allow allow success');
      await expect.poll(() => logged('/rubbish')).toBe('200 old-allow deny invalid_token');
    });

    it('leaves refusing to that one', async () => {
      const answer = await ask('/refused', REFUSED_BY_OLD);
      expect([answer.status, answer.body]).toEqual([403, 'the old one refuses']);
      const decided = place === 'before' ? 'deny invalid_token' : '- -';
      await expect.poll(() => logged('/refused')).toBe(`403 old-deny ${decided}`);
    });

    it('counts and logs what it would have refused, and no token', async () => {
      const labels = '{result="deny",reason="invalid_token"}';
      const read = (name: string) => stack.sluice.metric(`ext_authz_${name}_total${labels}`);
      const before = await read('requests');
      expect(before).toBe(place === 'before' ? 2 : 1);
      await ask('/counted', RUBBISH);
      expect(await read('requests')).toBe((before ?? 0) + 1);
      expect(await read('shadow_passed')).toBe((before ?? 0) + 1);
      const line = () => stack.sluice.lines.find((each) => each['url.path'] === '/counted');
      await expect.poll(line).toMatchObject({
        'sluice.shadow': true,
        'sluice.result': 'deny',
        'sluice.reason': 'invalid_token',
        'error.code': 'token_grammar',
      });
      expect(stack.sluice.log).not.toContain(RUBBISH);
    });

    it('says loudly that it is on', async () => {
      const [first] = stack.sluice.lines;
      expect(first).toMatchObject({
        'log.level': 'warn',
        message: 'SHADOW_MODE is true: every check is allowed, whatever is decided',
      });
      const { status, body } = await stack.sluice.ready();
      expect(status).toBe(200);
      expect(body).toMatchObject({
        status: 'degraded',
        components: { shadow_mode: { state: 'degraded' } },
      });
      expect(await stack.sluice.metric('ext_authz_shadow_mode{environment="shadow"}')).toBe(1);
      const address = `127.0.0.1:${stack.sluice.grpcPort}`;
      const { stdout } = await runSluice(['check', '--address', address, RUBBISH]);
      expect(stdout).toMatch(/^allow \(SHADOW MODE, .*; decided: deny, invalid_token\)\n$/);
    });

    it('costs nobody an answer when Redis has gone, and then Sluice itself', async () => {
      await stack.valkey.stop();
      await until(async () => {
        expect(await toldUpstream('/no-redis', token())).toEqual(TOLD_BY_OLD);
        const labels = '{result="error",reason="redis_error"}';
        return ((await stack.sluice.metric(`ext_authz_shadow_passed_total${labels}`)) ?? 0) > 0;
      });
      await stack.sluice.stop();
      expect(await toldUpstream('/no-sluice', token())).toEqual(TOLD_BY_OLD);
      await expect.poll(() => logged('/no-sluice')).toBe('200 old-allow - -');
    });
  },
);

describe.skipIf(missing('envoy', 'valkey'))(
  "the filter's own shadow mode, as a second lock",
  () => {
    it('lets pass what Sluice refuses, and what the old one told', async () => {
      await using old = await startCheckService(decideAsOld);
      const port = await freePort();
      const locked = swap(
        'failure_mode_allow: true',
        'shadow_mode: true\n    decoder_header_mutation_rules: { disallow_all: true }\n    failure_mode_allow: true',
      );
      const edit = withShadow('after', old.port, port, (filter) => locked(patient(filter)));
      const settings = { ...PATIENT_SETTINGS, AUTH_GRPC_PORT: String(port) };
      await using stack = await startStack({ settings, edit });
      for (const presented of [token(), RUBBISH]) {
        const answer = await http(`${stack.envoy.url()}/`, { headers: bearer(presented) });
        expect(answer.status).toBe(200);
        expect(JSON.parse(answer.body)).toMatchObject({ headers: TOLD_BY_OLD });
      }
      const { 'http.ingress.ext_authz.shadow.shadow_denied': denied } =
        await stack.envoy.stats('shadow_denied');
      expect(denied).toBe(1);
    });
  },
);
