import { describe, expect, it } from 'vitest';
import { formatValue, printSettings } from '../../../src/config/print.ts';
import { settingInfos } from '../../../src/config/setting-info.ts';
import { REQUIRED, read } from './environment.ts';

const linesOf = async (env: Record<string, string>) => printSettings(await read(env)).split('\n');

describe('printSettings', () => {
  it('has one line for each setting, in order', async () => {
    const lines = await linesOf({});
    expect(lines.map((line) => line.split('=', 1)[0])).toEqual(
      settingInfos.map(({ name }) => name),
    );
  });

  it('tells defaults from what was given', async () => {
    const lines = await linesOf({ AUTH_GRPC_PORT: '50051' });
    expect(lines).toContain('AUTH_GRPC_PORT=50051');
    expect(lines).toContain('AUTH_METRICS_PORT=9090  # default');
    expect(lines).toContain('CORS_ALLOWED_ORIGINS=  # default');
    expect(lines).toContain('GRPC_TLS_CERT_FILE=  # default');
  });

  it('prints what is in effect', async () => {
    const lines = await linesOf({ REDIS_POOL_SIZE: '500', LOG_LEVEL: 'DEBUG', OTEL_ENABLED: '1' });
    expect(lines).toContain('REDIS_POOL_SIZE=64');
    expect(lines).toContain('LOG_LEVEL=debug');
    expect(lines).toContain('OTEL_ENABLED=true');
  });

  it('masks secrets', async () => {
    const lines = await linesOf({});
    expect(lines).toContain('AUTH_SECRET_KEY=***');
    expect(lines).toContain('AUTH_REDIS_URL=***');
    expect(lines.join('\n')).not.toContain(REQUIRED.AUTH_SECRET_KEY);
  });

  it('prints lists and pairs as they are written in the environment', async () => {
    const given = {
      AUTH_AUDIENCE: 'api, web',
      CORS_ALLOWED_ORIGINS: 'https://a.example,https://b.example',
      OTEL_RESOURCE_ATTRIBUTES: 'k8s.pod.name=auth-1,team=a%2Cb',
    };
    const lines = await linesOf(given);
    for (const [name, text] of Object.entries(given)) expect(lines).toContain(`${name}=${text}`);
  });
});

describe('formatValue', () => {
  it.each([
    [undefined, ''],
    [[], ''],
    [['a', 'b'], 'a b'],
    [0, '0'],
    [false, 'false'],
    ['auto', 'auto'],
  ])('writes %j as %j', (value, text) => {
    expect(formatValue(value)).toBe(text);
  });
});
