import { describe, expect, it } from 'vitest';
import { helpText } from '../../../src/config/help.ts';
import { settingInfos } from '../../../src/config/setting-info.ts';

describe('helpText', () => {
  it.each(settingInfos)('has $name with its default, what it does and what it takes', (info) => {
    const [, standard, about] =
      new RegExp(`^  ${info.name} \\((.+)\\)\\n      (.+)$`, 'm').exec(helpText) ?? [];
    expect(about).toBe(`${info.description}; ${info.allowed}`);
    const unless = info.unless.length > 0 ? ` without ${info.unless.join(' or ')}` : '';
    if (info.required) expect(standard).toBe(`required${unless}`);
    else if (info.fallback === undefined) expect(standard).toBe('none');
    else expect(['empty', String(info.fallback)]).toContain(standard);
  });

  it.each([
    ...['serve', 'dev', 'revoke <token>', 'check <token>', '--print-config', '--address A'],
    ...[
      '--jti J',
      '--sid S',
      '--sub U',
      '--before T',
      '--kid K',
      '--issuer I',
      '--ttl SEC',
      '--undo',
    ],
  ])('has %s', (name) => expect(helpText).toMatch(new RegExp(`^ +${name} `, 'm')));

  it('has --issuer I --all', () => expect(helpText).toMatch(/^ +--issuer I --all$/m));
});
