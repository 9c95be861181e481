import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { policyJsonSchema, policyTable } from '../../../scripts/lib/policy.ts';
import type { JsonObject } from '../../../src/config/policy/node.ts';
import { parsePolicy } from '../../../src/config/policy/parse.ts';
import { policySchema } from '../../../src/config/policy/schema.ts';
import type { Shape } from '../../../src/config/policy/shape.ts';
import { ISSUER } from '../config/policy/policies.ts';

const ROOT = join(import.meta.dirname, '../../..');
const FOLDER = join(ROOT, 'deploy/policy');
const doc = readFileSync(join(ROOT, 'docs/policy.md'), 'utf8');
const examples = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));
const schema = policyJsonSchema();
const matches = new Ajv2020({ allErrors: true, strict: true, strictRequired: false }).compile(
  schema,
);

/** Whether an editor would leave it alone; if not, what it would underline. */
function underlined(text: string): readonly string[] {
  const fits = matches(parseYaml(text));
  return fits ? [] : (matches.errors ?? []).map(({ instancePath }) => instancePath);
}

describe('what is generated of the policy file (npm run docs writes it)', () => {
  it('has the schema as it is', () => {
    const written = readFileSync(join(FOLDER, 'schema.json'), 'utf8');
    expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(schema)));
  });

  it('has every field as it is', () => {
    expect(doc).toContain(policyTable());
    for (const name of namesIn(policySchema)) expect(policyTable()).toContain(`| \`${name}\` |`);
  });
});

function namesIn({ inner }: Shape<unknown>): readonly string[] {
  return inner.flatMap(({ step, shape, field }) => [
    ...(field === undefined ? [] : [step]),
    ...namesIn(shape),
  ]);
}

describe('an example', () => {
  const env = { OLD_TOKEN_SECRET: 'x'.repeat(32), OLDER_TOKEN_SECRET: 'y'.repeat(32) };
  const load = (text: string, file: string) => parsePolicy(text, { file, folder: FOLDER, env });

  it.each(examples)('loads: %s', async (name) => {
    const text = readFileSync(join(FOLDER, name), 'utf8');
    expect((await load(text, name)).issuers.length).toBeGreaterThan(0);
    expect(underlined(text)).toEqual([]);
    expect(text).toMatch(/^# yaml-language-server: \$schema=schema\.json\n/);
    expect(doc).toContain(`(../deploy/policy/${name})`);
  });

  it('loads: the one in docs/policy.md', async () => {
    const [, text = ''] = /```yaml\n(.*?)```/s.exec(doc) ?? [];
    expect((await load(text, 'policy.md')).routes).toHaveLength(4);
    expect(underlined(text)).toEqual([]);
  });
});

describe('the JSON Schema', () => {
  it.each([
    ['an unknown field', 'route: []\n', ''],
    ['an unknown field inside', 'defaults: { scopes: [] }\n', '/defaults'],
    ['two token places in one', 'tokens: [{ cookie: a, query: b }]\n', '/tokens/0'],
    ['a header that is refused', 'defaults: { headers: { host: sub } }\n', '/defaults/headers'],
    ['a path with dots', 'routes: [{ path: /a/../b }]\n', '/routes/0/path'],
    ['a number in quotes', '    clock_skew_sec: "5"\n', '/issuers/0/clock_skew_sec'],
    ['an algorithm twice', '    algorithms: [RS256, RS256]\n', '/issuers/0/algorithms'],
  ])('underlines %s', (_, more, where) => {
    const text = more.includes('algorithms')
      ? ISSUER.replace('    algorithms: [RS256]\n', more)
      : ISSUER + more;
    expect(underlined(text)).toContain(where);
  });

  it('says what each field is for', () => {
    const { properties } = schema as { properties: Readonly<Record<string, JsonObject>> };
    for (const property of Object.values(properties)) expect(property.description).not.toBe('');
  });
});
