import { describe, expect, it } from 'vitest';
import { parseLocust } from '../../../../bench/locust/answer.ts';

const entry = (more: object = {}) => ({
  ...{ name: '/ping', method: 'GET', start_time: 1_700_000_000.5 },
  ...{ last_request_timestamp: 1_700_000_010.5, num_requests: 1_000, num_failures: 3 },
  response_times: { '10': 9, '2': 900, '1': 90, '250': 1 },
  ...more,
});
/** As `--json` prints it. */
const printed = (...lists: readonly (readonly object[])[]) =>
  lists.map((list) => `${JSON.stringify(list, null, 4)}\n`).join('');

/** As it stands on stderr, under a head and between lines. */
const TABLE = `
Error report
# occurrences      Error${' '.repeat(90)}
------------------|------------------
2                  GET /api/v1/auth/ping: LocustBadStatusCode(code=503)${' '.repeat(30)}
1                  GET /api/v1/auth/ping: ConnectionRefusedError
------------------|------------------
`;

describe('what Locust printed', () => {
  it('is read', () => {
    expect(parseLocust(printed([entry()]), TABLE)).toEqual({
      ...{ startedAt: 1_700_000_000_500, seconds: 10, requests: 1_000, failures: 3 },
      errors: { 'LocustBadStatusCode(code=503)': 2, ConnectionRefusedError: 1 },
      latencyMs: { p50: 2, p90: 2, p99: 2, p999: 10, max: 250 },
    });
  });

  it('is that of all its processes: workers that have told the master all print nothing', () => {
    const late = entry({ last_request_timestamp: 1_700_000_012.5, num_failures: 0 });
    expect(parseLocust(printed([], [entry()], [late]), '')).toMatchObject({
      ...{ seconds: 12, requests: 2_000, failures: 3 },
      latencyMs: { p50: 2, max: 250 },
    });
  });

  it('may come after other lines', () => {
    expect(parseLocust(`a warning [of] sorts\n${printed([entry()])}`, '').requests).toBe(1_000);
  });

  it.each([
    ['nothing', ''],
    ['workers alone', printed([], [])],
    ['entries without a request', printed([entry({ num_requests: 0, response_times: {} })])],
  ])('is refused where it is %s', (_, text) => {
    expect(() => parseLocust(text, '')).toThrow('Locust made no request');
  });
});
