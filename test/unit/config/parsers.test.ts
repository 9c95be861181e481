import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  boolean,
  choice,
  custom,
  integer,
  list,
  pairs,
  readableFile,
  share,
  text,
  verbatim,
} from '../../../src/config/parsers.ts';
import type { Setting } from '../../../src/config/setting.ts';

/** What is read; undefined when it is refused. */
function parse(setting: Setting<unknown>, text: string): unknown {
  const parsed = setting.parse(text);
  return parsed === 'not allowed' ? undefined : parsed.value;
}

describe('integer', () => {
  const parser = integer(1, 65_535);

  it.each([
    ['1', 1],
    ['65535', 65_535],
    ['  80  ', 80],
    ['0080', 80],
  ])('reads %j', (value, expected) => {
    expect(parse(parser, value)).toBe(expected);
  });

  it.each([
    '0',
    '65536',
    '-1',
    '+1',
    '1.5',
    '1.0',
    '1e3',
    '0x10',
    '1_000',
    '1,000',
    '1 000',
    '80ms',
    'NaN',
    'Infinity',
    '١',
    '9999999999999999999999',
    'eighty',
  ])('refuses %j', (value) => {
    expect(parse(parser, value)).toBeUndefined();
  });

  it('says what it takes, with the unit if there is one', () => {
    expect(parser.info.allowed).toBe('an integer from 1 to 65535');
    expect(integer(0, 5, 'seconds').info.allowed).toBe('an integer of seconds from 0 to 5');
  });
});

describe('share', () => {
  it.each([
    ['0', 0],
    ['1', 1],
    ['1.0', 1],
    ['0.25', 0.25],
    ['.5', 0.5],
  ])('reads %j', (value, expected) => {
    expect(parse(share(), value)).toBe(expected);
  });

  it.each(['1.01', '2', '-0.1', '50%', '1e-1', '0,5', '.', 'NaN'])('refuses %j', (value) => {
    expect(parse(share(), value)).toBeUndefined();
  });
});

describe('boolean', () => {
  it.each(['true', 'TRUE', 'True', 't', 'T', '1', 'yes', 'on', ' true '])('%j is true', (value) => {
    expect(parse(boolean(), value)).toBe(true);
  });

  it.each(['false', 'FALSE', 'f', 'F', '0', 'no', 'off'])('%j is false', (value) => {
    expect(parse(boolean(), value)).toBe(false);
  });

  it.each(['y', '2', 'enabled', 'truee', 'null'])('refuses %j', (value) => {
    expect(parse(boolean(), value)).toBeUndefined();
  });
});

describe('choice', () => {
  const parser = choice(['debug', 'EdDSA']);

  it.each([
    ['debug', 'debug'],
    ['DEBUG', 'debug'],
    ['eddsa', 'EdDSA'],
  ])('reads %j as %j, the name as it is spelt', (value, expected) => {
    expect(parse(parser, value)).toBe(expected);
  });

  it.each(['trace', 'debug,EdDSA', 'constructor', ''])('refuses %j', (value) => {
    expect(parse(parser, value)).toBeUndefined();
  });

  it('lists the names', () => {
    expect(parser.info.allowed).toBe('one of debug, EdDSA');
  });
});

describe('text', () => {
  const parser = text('a name', /^[a-z]+$/);

  it('takes what matches, without outer space', () => {
    expect(parse(parser, ' name\n')).toBe('name');
    expect(parse(parser, 'two names')).toBeUndefined();
    expect(parse(text('anything'), 'two names')).toBe('two names');
  });
});

describe('verbatim', () => {
  it('takes every character as it is', () => {
    expect(parse(verbatim('a secret'), ' sec ret\n')).toBe(' sec ret\n');
    expect(verbatim('a secret').info.allowed).toBe('a secret');
  });
});

describe('list', () => {
  const parser = list('names', /\s*,\s*/, /^[a-z]+$/);

  it.each([
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    [' a , b ', ['a', 'b']],
    ['a,,b,', ['a', 'b']],
  ])('reads %j', (value, expected) => {
    expect(parse(parser, value)).toEqual(expected);
  });

  it.each([',', 'a,B', 'a b', 'a;b'])('refuses %j', (value) => {
    expect(parse(parser, value)).toBeUndefined();
  });
});

describe('pairs', () => {
  it.each([
    ['a=b', { a: 'b' }],
    [
      'k8s.pod.name=auth-1, k8s.namespace.name = auth',
      {
        'k8s.pod.name': 'auth-1',
        'k8s.namespace.name': 'auth',
      },
    ],
    ['a=b%2Cc%3Dd%20e', { a: 'b,c=d e' }],
    ['a=b=c', { a: 'b=c' }],
    ['digest=c2hhMjU2==', { digest: 'c2hhMjU2==' }],
    ['a=', { a: '' }],
  ])('reads %j', (value, expected) => {
    expect(parse(pairs(), value)).toEqual(expected);
  });

  it.each(['a', 'a=b,c', '=b', ' =b', 'a=b,', 'a=%zz', 'a=%'])('refuses %j', (value) => {
    expect(parse(pairs(), value)).toBeUndefined();
  });

  it('has no use for a name of Object.prototype but as a name', () => {
    const value = parse(pairs(), '__proto__=a,constructor=b') as Record<string, string>;
    expect(Object.entries(value)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
  });
});

describe('readableFile', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-parsers-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('takes the path of a file that is there', () => {
    const file = join(folder, 'cert.pem');
    writeFileSync(file, '');
    expect(parse(readableFile(), file)).toBe(file);
    expect(parse(readableFile(), join(folder, 'none.pem'))).toBeUndefined();
  });
});

describe('custom', () => {
  it('takes what its reader takes', () => {
    const parser = custom('four', (value) => (value === '4' ? 4 : undefined));
    expect(parse(parser, ' 4 ')).toBe(4);
    expect(parser.parse('5')).toBe('not allowed');
  });
});
