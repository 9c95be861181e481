import { describe, expect, it } from 'vitest';
import { normalizeOtlpEndpoint } from '../../../src/config/otlp-endpoint.ts';

describe('normalizeOtlpEndpoint', () => {
  it.each([
    ['otel-collector:4317', 'http://otel-collector:4317'],
    ['otel-collector', 'http://otel-collector:4317'],
    ['[::1]:4317', 'http://[::1]:4317'],
    ['[::1]', 'http://[::1]:4317'],
    [' 10.0.0.1:55680 ', 'http://10.0.0.1:55680'],
    ['http://otel-collector:4317', 'http://otel-collector:4317'],
    ['http://otel-collector:4317/v1/traces', 'http://otel-collector:4317'],
    ['https://otlp.example', 'https://otlp.example'],
    ['HTTPS://otlp.example:443/', 'https://otlp.example'],
  ])('for gRPC, takes %j as %j', (raw, expected) => {
    expect(normalizeOtlpEndpoint(raw, 'grpc')).toBe(expected);
  });

  it.each([
    ['otel-collector:4318', 'http://otel-collector:4318/v1/traces'],
    ['otel-collector', 'http://otel-collector:4318/v1/traces'],
    ['otel-collector/', 'http://otel-collector:4318/v1/traces'],
    ['otel-collector:80', 'http://otel-collector/v1/traces'],
    ['[::1]:4318', 'http://[::1]:4318/v1/traces'],
    ['http://otel-collector:4318/', 'http://otel-collector:4318/v1/traces'],
    ['http://otel-collector:4318/v1/traces', 'http://otel-collector:4318/v1/traces'],
    ['http://otel-collector:4318/v1/traces/', 'http://otel-collector:4318/v1/traces'],
    ['https://gateway.example/otlp', 'https://gateway.example/otlp/v1/traces'],
    ['https://gateway.example/otlp?tenant=a', 'https://gateway.example/otlp/v1/traces?tenant=a'],
  ])('for HTTP, takes %j as %j', (raw, expected) => {
    expect(normalizeOtlpEndpoint(raw, 'http/protobuf')).toBe(expected);
  });

  it.each([
    '',
    ' ',
    'http://',
    'otel collector:4317',
    'otel-collector:port',
    'otel-collector:70000',
    '::1',
    'grpc://otel-collector:4317',
    'unix:///run/otel.sock',
    'http:otel-collector',
  ])('has no use for %j', (raw) => {
    expect(normalizeOtlpEndpoint(raw, 'grpc')).toBeUndefined();
    expect(normalizeOtlpEndpoint(raw, 'http/protobuf')).toBeUndefined();
  });
});
