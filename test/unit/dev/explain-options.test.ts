import { describe, expect, it } from 'vitest';
import { type ExplainOptions, readExplainOptions } from '../../../src/dev/explain-options.ts';

const checkOf = (options: ExplainOptions, token?: string) =>
  readExplainOptions(options).check(token);

describe('the request to explain', () => {
  it('is GET / without anything', () => {
    const check = checkOf({});
    expect(check).toMatchObject({ method: 'GET', path: '/', host: 'localhost', extensions: [] });
    expect(check.header('authorization')).toBeUndefined();
    expect(readExplainOptions({}).redis).toBe(false);
  });

  it('is what is said of it', () => {
    const options = {
      ...{ method: 'POST', path: '/a?b=c', host: 'api.example', redis: true },
      ...{ header: ['Cookie: a=b: c', 'x-empty:'], extension: ['sluice.policy=a=b', 'other='] },
    };
    const check = checkOf(options, 'token');
    expect(check).toMatchObject({
      ...{ method: 'POST', path: '/a?b=c', host: 'api.example' },
      extensions: [
        ['sluice.policy', 'a=b'],
        ['other', ''],
      ],
    });
    expect(check.header('authorization')).toBe('Bearer token');
    expect(check.header('cookie')).toBe('a=b: c');
    expect(check.header('x-empty')).toBe('');
    expect(readExplainOptions(options).redis).toBe(true);
  });

  it.each<[ExplainOptions, string]>([
    [{ method: 'get' }, '--method cannot be "get"; it must be in capitals'],
    [{ path: 'a' }, '--path cannot be "a"; it must begin with "/"'],
    [{ header: ['Bearer secret'] }, '--header must be "name: value"'],
    [{ extension: ['sluice.policy'] }, '--extension must be "name=value"'],
  ])('cannot be %j', (options, message) => {
    expect(() => readExplainOptions(options)).toThrow(message);
  });

  it('has one token', () => {
    expect(() => checkOf({ header: ['Authorization: Bearer a'] }, 'b')).toThrow('two tokens');
  });
});
