import { describe, expect, it } from 'vitest';
import { parseExposition, valueIn } from './exposition.ts';

const counter = '# HELP a b\n# TYPE a counter\n';
const histogram = '# HELP h b\n# TYPE h histogram\n';

describe('parseExposition', () => {
  it('reads what is well-formed', () => {
    const families = parseExposition(
      `${counter}a{x="1",y="q\\"\\\\\\n"} 2\na 3e-7\n\n${histogram}h_bucket{le="1"} 1\n` +
        'h_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n',
    );
    expect(families.map(({ name, type }) => [name, type])).toEqual([
      ['a', 'counter'],
      ['h', 'histogram'],
    ]);
    expect(valueIn(families, 'a', { y: 'q"\\\n', x: '1' })).toBe(2);
    expect(valueIn(families, 'a')).toBe(3e-7);
    expect(valueIn(families, 'a', { x: '1' })).toBeUndefined();
  });

  it.each([
    ['no line end', `${counter}a 1`],
    ['no TYPE', 'a 1\n'],
    ['no HELP', '# TYPE a counter\na 1\n'],
    ['a TYPE twice', `${counter}a 1\n${counter}a{x="1"} 1\n`],
    ['a series twice', `${counter}a 1\na 1\n`],
    ['another name', `${counter}b 1\n`],
    ['a value that is none', `${counter}a one\n`],
    ['no value', `${counter}a\n`],
    ['undefined', `${counter}a undefined\n`],
    ['a bare quote', `${counter}a{x="""} 1\n`],
    ['a bare backslash', `${counter}a{x="\\x"} 1\n`],
    ['a label twice', `${counter}a{x="1",x="2"} 1\n`],
    ['a bad label name', `${counter}a{1x="1"} 1\n`],
    [
      'buckets that sink',
      `${histogram}h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n`,
    ],
    ['no +Inf', `${histogram}h_bucket{le="1"} 2\nh_sum 1\nh_count 2\n`],
    ['a count that is another', `${histogram}h_bucket{le="+Inf"} 2\nh_sum 1\nh_count 1\n`],
    ['no sum', `${histogram}h_bucket{le="+Inf"} 2\nh_count 2\n`],
  ])('throws at %s', (_, text) => {
    expect(() => parseExposition(text)).toThrow();
  });
});
