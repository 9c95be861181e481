import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Run, runSluice } from '../../support/sluice.ts';
import { claims, ISSUER, SECRET, signed } from '../../support/tokens.ts';
import { missing } from '../../support/tools.ts';
import { startValkey } from '../../support/valkey.ts';

const NOW = Math.floor(Date.now() / 1000);
const JTI = 'a-jti-that-is-not-told';
const TOKEN = signed(claims(NOW, { jti: JTI, scope: 'read' }));

const POLICY = `version: 1
issuers:
  - issuer: ${ISSUER}
    keys: { secret_env: TOKEN_SECRET }
    algorithms: [HS256]
    audiences: [api]
tokens: [{ header: authorization }, { cookie: session }, { query: access_token }]
routes:
  - { path_prefix: /public, anonymous: allow }
  - { path_prefix: /admin, required_scopes: [admin] }
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-explain-'));
  await writeFile(join(folder, 'policy.yaml'), POLICY);
});
afterAll(() => rm(folder, { recursive: true }));

const explain = (args: readonly string[], more = {}, input = ''): Promise<Run> =>
  runSluice(['explain', ...args], {
    env: { AUTH_POLICY_FILE: join(folder, 'policy.yaml'), TOKEN_SECRET: SECRET, ...more },
    input,
  });

/** What is said of each thing, in order. */
const linesOf = ({ stdout }: Run) =>
  Object.fromEntries(stdout.split('\n').map((line) => [line.slice(0, 10).trim(), line.slice(10)]));

describe('explain', () => {
  it('tells the rule, the issuer and the step that decided, and no token', async () => {
    const run = await explain(['--token', TOKEN, '--path', '/admin/x']);
    expect(run).toMatchObject({ exitCode: 3, stderr: '' });
    expect(linesOf(run)).toMatchObject({
      request: 'GET /admin/x at localhost',
      rule: 'routes[1]',
      demands: expect.stringContaining('scopes admin'),
      token: 'in the header authorization',
      verified: expect.stringContaining(`issuer ${ISSUER}, sub user-1`),
      denylist: 'would be asked by jti (--redis asks it)',
      decided: 'deny: insufficient_scope, by decide',
      answer: 'HTTP 403',
    });
    expect(run.stdout).not.toContain(TOKEN.slice(0, 20));
    expect(run.stdout).not.toContain(TOKEN.slice(-20));
    expect(run.stdout).not.toContain(JTI);
  });

  it('tells what the upstream is told', async () => {
    const run = await explain(['--header', `cookie: a=1; session=${TOKEN}`]);
    expect(run.exitCode).toBe(0);
    expect(linesOf(run)).toMatchObject({
      rule: 'defaults',
      token: 'in the cookie session',
      decided: 'allow: success, by decide',
      removes: 'x-auth-provider, ?access_token',
    });
    expect(run.stdout).toContain('sets      x-user-id: user-1\n');
    expect(run.stdout).toContain('sets      cookie: the other cookies\n');
    expect(run.stdout).not.toContain(TOKEN.slice(-20));
  });

  it('tells no token that stands in the query', async () => {
    const run = await explain(['--path', `/x?a=1&access_token=${TOKEN}`]);
    expect(linesOf(run)).toMatchObject({
      request: 'GET /x?… at localhost',
      token: 'in the parameter access_token',
      decided: 'allow: success, by decide',
      removes: expect.stringContaining('?access_token'),
    });
    expect(run.stdout).not.toContain(TOKEN.slice(-20));
  });

  it.each<[string, string[], string, number]>([
    ['a route without a token', ['--path', '/public'], 'allow: anonymous, by extract', 0],
    ['no token', [], 'deny: missing_header, by extract', 3],
    [
      'two ways to read a path',
      ['--path', '/a//b'],
      'deny: ambiguous_path (ambiguous_path), by route',
      3,
    ],
    [
      'an extension with a slip',
      ['--extension', 'sluice.polcy=x'],
      'error: misconfigured (unknown_extension), by route',
      3,
    ],
    [
      'another method',
      [
        '--method',
        'OPTIONS',
        '--header',
        'origin: a',
        '--header',
        'access-control-request-method: PUT',
      ],
      'allow: cors_preflight, by extract',
      0,
    ],
  ])('is for %s', async (_, args, decided, exitCode) => {
    const run = await explain(args);
    expect(linesOf(run).decided).toBe(decided);
    expect(run.exitCode).toBe(exitCode);
  });

  it('reads a token from standard input, and tells what one says that does not verify', async () => {
    const other = signed(claims(NOW, { iss: 'https://other.example' }));
    const run = await explain(['--token', '-'], {}, `${other}\n`);
    expect(linesOf(run)).toMatchObject({
      'it says': expect.stringContaining('iss "https://other.example"'),
      decided: 'deny: invalid_token (claim_iss), by verify',
    });
    const rubbish = await explain(['--token', 'rubbish']);
    expect(linesOf(rubbish)['it says']).toBe('nothing that can be read (not verified)');
  });

  it('tells all faults of a policy, and where they are', async () => {
    const path = join(folder, 'faulty.yaml');
    await writeFile(path, POLICY.replace('required_scopes', 'requred_scopes'));
    const run = await explain([], { AUTH_POLICY_FILE: path });
    expect(run.exitCode).toBe(78);
    expect(run.stderr).toContain(`${path}:10:28: routes[1].requred_scopes: unknown field`);
  });

  it.skipIf(missing('valkey'))('asks the denylist where it is told to', async () => {
    await using valkey = await startValkey();
    await valkey.command('SET', `blacklist:${JTI}`, 1);
    const env = { AUTH_REDIS_URL: valkey.url };
    const run = await explain(['--token', TOKEN, '--redis'], env);
    expect(linesOf(run)).toMatchObject({
      denylist: 'asked by jti',
      decided: 'deny: blacklisted, by revoke',
    });
  });
});
