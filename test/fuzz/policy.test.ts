import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faultsOf, ISSUER } from '../unit/config/policy/policies.ts';

const EXAMPLES = join(import.meta.dirname, '../../deploy/policy');
const ENV = { OLD_TOKEN_SECRET: 'x'.repeat(32), OLDER_TOKEN_SECRET: 'y'.repeat(32) };
const examples = readdirSync(EXAMPLES)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readFileSync(join(EXAMPLES, name), 'utf8').replace(/^ *#.*\n/gm, ''));

const PLACED = /^p\.yaml:[1-9]\d*:[1-9]\d*: \S/;

/** Loads, or says what is wrong and where; whatever else is thrown fails the test. */
async function staysCalm(text: string): Promise<readonly string[]> {
  const faults = await faultsOf(text, ENV);
  const lines = text.split(/\r\n?|\n/).length;
  for (const fault of faults) {
    if (/^p\.yaml: and \d+ more$/.test(fault)) continue;
    expect(fault).toMatch(PLACED);
    expect(Number(fault.split(':')[1])).toBeLessThanOrEqual(lines);
  }
  return faults;
}

describe('a policy that was damaged', () => {
  it('loads or says where, whatever character is lost', async () => {
    for (const text of examples) {
      for (let i = 0; i < text.length; i++) {
        await staysCalm(text.slice(0, i) + text.slice(i + 1));
      }
    }
  });

  it('loads or says where, wherever it ends', async () => {
    for (const text of examples) {
      for (let i = 0; i < text.length; i += 3) await staysCalm(text.slice(0, i));
    }
  });

  it('loads or says where, whatever is put in', async () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 4 }),
      fc.constantFrom('&a ', '*a', '!!map ', '? ', ': ', '- ', '[', '}', '|', '>', "'", '"', '%'),
      fc.constantFrom('\t', '\r', '\0', '\u2028', '---', '...', '<<: ', '__proto__: ', '#', '~'),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...examples), fc.nat(), piece, async (text, at, put) => {
        const i = at % text.length;
        await staysCalm(text.slice(0, i) + put + text.slice(i));
      }),
      { numRuns: 500 },
    );
  });
});

describe('a policy that costs', () => {
  const LARGE = 1 << 18;
  const many = (line: (i: number) => string): string => {
    const lines = [ISSUER];
    for (let i = 0, size = ISSUER.length; size < LARGE; i++) {
      const next = line(i);
      lines.push(next);
      size += next.length;
    }
    return lines.join('');
  };

  it('multiplies nothing', async () => {
    const laughs = ['a: &a [x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 12; i++) {
      const [name, before] = [String.fromCharCode(97 + i), String.fromCharCode(96 + i)];
      laughs.push(`${name}: &${name} [${`*${before}, `.repeat(9)}]`);
    }
    const faults = await staysCalm(laughs.join('\n'));
    expect(faults).toHaveLength(laughs.length);
    for (const fault of faults) expect(fault).toMatch(/: anchors are not allowed$/);
  });

  it.each([
    ['lists', '['],
    ['maps', '{a: '],
    ['lists of lines', '- '],
    ['open ends', '? '],
  ])('nests no %s without end', async (_, step) => {
    for (const depth of [17, 1_000, 50_000]) {
      const faults = await staysCalm(`policies: ${step.repeat(depth)}`);
      expect(faults.length).toBeGreaterThan(0);
    }
    const nested = await staysCalm(`${ISSUER}x: ${'['.repeat(20)}${']'.repeat(20)}\n`);
    expect(nested[0]).toMatch(/nested more than 16 deep/);
  });

  it('is read to its end, however much of it there is', async () => {
    const texts = [
      many((i) => `n${i}: 1\n`),
      `${ISSUER}policies:\n${many((i) => `  n${i}: {}\n`).slice(ISSUER.length)}`,
      `${ISSUER}routes:\n${many((i) => `  - path: /${i}\n`).slice(ISSUER.length)}`,
      `${ISSUER}routes:\n${many(() => '  - path: /\n').slice(ISSUER.length)}`,
      many(() => 'x: 1\n'),
    ];
    for (const text of texts) await staysCalm(text);
  });
});
