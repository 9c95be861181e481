import { describe, expect, it } from 'vitest';
import { banner } from '../../../src/dev/banner.ts';
import type { Outcome } from '../../../src/dev/client.ts';

const TOKENS = { valid: 'v.v.v', expired: 'e.e.e', revoked: 'r.r.r', revokedJti: 'id' };
const OUTCOME: Outcome = {
  result: 'allow',
  reason: 'success',
  httpStatus: 200,
  headers: { 'x-user-id': 'alice' },
};

const textFor = (grpc: number, admin: number) => banner({ grpc, admin }, TOKENS, OUTCOME);

describe('banner', () => {
  it('shows the tokens as lines to paste, and what the check got', () => {
    const text = textFor(50051, 9090);
    for (const line of ['VALID=v.v.v', 'EXPIRED=e.e.e', 'REVOKED=r.r.r']) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).toContain('GET /hello with VALID  ->  allow (success)  x-user-id: alice');
    expect(text).toContain('Not for production');
    expect(text.trimEnd().endsWith('Ready. Ctrl-C ends it.')).toBe(true);
  });

  it('has commands that work with the ports as they are', () => {
    expect(textFor(50051, 9090)).toMatch(/^ {2}npm run check -- \$VALID /m);
    expect(textFor(50051, 9090)).toMatch(/^ {2}npm run revoke -- \$VALID /m);
    expect(textFor(1234, 5678)).toMatch(
      /^ {2}npm run check -- --address 127\.0\.0\.1:1234 \$VALID /m,
    );
    expect(textFor(1234, 5678)).toMatch(/^ {2}AUTH_METRICS_PORT=5678 npm run revoke -- \$VALID /m);
  });

  it('does not hide a check that was denied', () => {
    const failed: Outcome = { result: 'error', reason: 'internal', httpStatus: 503, headers: {} };
    expect(banner({ grpc: 1, admin: 2 }, TOKENS, failed)).toContain('error, HTTP 503 (internal)');
  });
});
