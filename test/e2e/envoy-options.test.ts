import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withOption } from '../../scripts/lib/envoy-config.ts';
import { all, type Edit, swap } from '../support/envoy-edits.ts';
import { type HttpQuestion, http } from '../support/http.ts';
import { bearer, type Stack, startStack, token } from '../support/stack.ts';
import { missing } from '../support/tools.ts';

/* Options of deploy/envoy/envoy.yaml; those of TLS and of certificates have tests of their own. */

let stack: Stack;
const start = (edit: Edit) =>
  beforeAll(async () => {
    stack = await startStack({ edit });
  });
const stop = () => afterAll(() => stack?.[Symbol.asyncDispose]());

const ask = (question: HttpQuestion = {}, path = '/x') =>
  http(`${stack.envoy.url()}${path}`, question);
const errorOf = async (question: HttpQuestion = {}, path = '/x') => {
  const { status, body } = await ask(question, path);
  return status === 200 ? 'none' : `${status} ${JSON.parse(body).error}`;
};
const userOf = async (question: HttpQuestion) => {
  const { status, body } = await ask(question);
  return status === 200 ? JSON.parse(body).headers['x-user-id'] : status;
};

describe.skipIf(missing('envoy', 'valkey'))('a token in a cookie', () => {
  start(withOption('envoy.filters.http.header_to_metadata'));
  stop();

  const session = (value: string) => ({ cookie: `theme=dark; session=${value}; x=1` });

  it('is taken for one in the header', async () => {
    expect(await userOf({ headers: session(token({ sub: 'by-cookie' })) })).toBe('by-cookie');
    expect(await userOf({ headers: { cookie: `session=${token()}` } })).toBe('user-1');
    expect(await errorOf({ headers: session('rubbish') })).toBe('401 invalid_token');
  });

  it('does not count where there is a header', async () => {
    const header = bearer(token({ sub: 'by-header' }));
    const cookie = session(token({ sub: 'by-cookie' }));
    expect(await userOf({ headers: { ...header, ...cookie } })).toBe('by-header');
    expect(await errorOf({ headers: { ...bearer('rubbish'), ...cookie } })).toBe(
      '401 invalid_token',
    );
  });

  it.each([
    ['no cookie', {}],
    ['another cookie', { cookie: 'sessions=1; mysession=2; theme=session' }],
    ['an empty one', { cookie: 'session=; theme=dark' }],
  ])('is not made up of %s', async (_, headers) => {
    expect(await errorOf({ headers })).toBe('401 missing_header');
    expect(await errorOf({ headers }, '/catalog')).toBe('none');
  });

  it('may be as long as a token may be', async () => {
    const long = token({ pad: 'x'.repeat(5_600) });
    expect(long.length).toBeGreaterThan(7_700);
    expect(await userOf({ headers: session(long) })).toBe('user-1');
    const tooLong = token({ pad: 'x'.repeat(8_192) });
    expect(await ask({ headers: session(tooLong) })).toMatchObject({ status: 401 });
  });
});

/** A route for those who signed in with one provider. */
const routeByProvider = swap(
  '- match: { prefix: "/" }\n',
  `- match:
                            prefix: "/"
                            headers: [{ name: x-auth-provider, string_match: { exact: google } }]
                          direct_response: { status: 200, body: { inline_string: theirs } }
                        - match: { prefix: "/" }\n`,
);
const byProvider = (provider: string) => ({ headers: bearer(token({ provider })) });

describe.skipIf(missing('envoy', 'valkey'))('without clear_route_cache', () => {
  start(routeByProvider);
  stop();

  it('a header that Sluice sets chooses no route', async () => {
    expect((await ask(byProvider('google'))).body).not.toBe('theirs');
  });
});

describe.skipIf(missing('envoy', 'valkey'))('with clear_route_cache', () => {
  start(all(routeByProvider, withOption('clear_route_cache')));
  stop();

  it('a header that Sluice sets chooses the route, and one of a downstream does not', async () => {
    expect((await ask(byProvider('google'))).body).toBe('theirs');
    const { headers } = byProvider('github');
    const spoofed = { headers: { ...headers, 'x-auth-provider': 'google' } };
    expect((await ask(spoofed)).body).not.toBe('theirs');
  });

  it('the check was that of the route before', async () => {
    const question = byProvider('google');
    expect(await errorOf(question, '/orders')).toBe('403 insufficient_scope');
  });
});

describe.skipIf(missing('envoy', 'valkey'))('with bodies and raw headers', () => {
  start(all(withOption('with_request_body'), withOption('encode_raw_headers')));
  stop();

  it('Sluice reads them, and the upstream gets a body that is larger than what is shown', async () => {
    const post = (size: number, headers: Record<string, string>) =>
      ask({ method: 'POST', headers, body: new Uint8Array(size) });
    for (const size of [0, 1_000, 500_000]) {
      const { status, body } = await post(size, bearer(token()));
      expect(status).toBe(200);
      expect(JSON.parse(body).headers).toMatchObject({ 'x-user-id': 'user-1' });
      expect((await post(size, {})).status).toBe(401);
    }
  });
});
