import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../src/domain/clock.ts';
import type { Algorithm } from '../../../src/jwt/algorithms.ts';
import { discoveryFetcher } from '../../../src/jwt/fetch-keys.ts';
import { USUAL_TYPES } from '../../../src/jwt/header.ts';
import { RemoteKeySet } from '../../../src/jwt/remote-key-set.ts';
import { TokenCache } from '../../../src/jwt/token-cache.ts';
import { JwtVerifier } from '../../../src/jwt/verifier.ts';
import { RecordingLogger } from '../../support/logger.ts';
import { AUDIENCE, CLIENT, openidProvider, requestToken } from '../../support/openid-provider.ts';
import { until } from '../../support/until.ts';
import { verified } from '../../support/verified.ts';

/* Against a provider of another make: its metadata, its keys, its tokens. */

const ALGORITHMS: readonly Algorithm[] = ['RS256', 'PS256', 'ES256', 'EdDSA'];

const privateJwk = (type: string, options: object, members: object) => ({
  ...generateKeyPairSync(type as 'ec', options as { namedCurve: string }).privateKey.export({
    format: 'jwk',
  }),
  ...members,
});
const rsa = (kid: string) => privateJwk('rsa', { modulusLength: 2048 }, { kid, use: 'sig' });
const keys = [
  rsa('rsa-1'),
  privateJwk('ec', { namedCurve: 'P-256' }, { kid: 'ec-1', use: 'sig', alg: 'ES256' }),
  privateJwk('ed25519', {}, { kid: 'ed-1', use: 'sig', alg: 'EdDSA' }),
];

const provider = (url: string, jwks: readonly object[], alg: Algorithm): RequestListener =>
  openidProvider(url, { jwks, alg, ttlSec: 600 });

const logger = new RecordingLogger();
const server = createServer();
let answer: RequestListener;
let issuer: string;
let set: RemoteKeySet;
let verifier: JwtVerifier;

server.on('request', (request, response) => answer(request, response));

beforeEach(async () => {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  answer = provider(issuer, keys, 'RS256');
  const rules = { algorithms: ALGORITHMS, clockSkewSec: 5 };
  const fetch = discoveryFetcher(issuer, { allowHttp: true }, systemClock);
  set = new RemoteKeySet(
    { ...rules, name: issuer, fetch, staleMaxMs: 3_600_000 },
    systemClock,
    logger,
  );
  verifier = new JwtVerifier(
    [
      {
        ...{ ...rules, issuer, audiences: [AUDIENCE], types: USUAL_TYPES, keys: set },
        ...{ expToleranceSec: 0, maxLifetimeSec: 0, audienceClaim: 'aud', told: [] },
        ...({ revocation: 'jti', revokeBy: [], certificateBound: 'off' } as const),
      },
    ],
    new TokenCache({ maxEntries: 100, maxBytes: 1 << 20 }),
    systemClock,
  );
});

afterEach(async () => {
  await set.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const token = (): Promise<string> => requestToken(issuer);

it.each(ALGORITHMS)('a token that it signed by %s verifies', async (algorithm) => {
  answer = provider(issuer, keys, algorithm);
  set.start();
  await until(() => set.component.state === 'ok');
  expect(await verified(verifier, await token())).toMatchObject({
    kind: 'identity',
    claims: { iss: issuer, sub: CLIENT.client_id, aud: [AUDIENCE] },
  });
});

it('a key that it has anew is found by the first token, and the old ones are given up', async () => {
  set.start();
  await until(() => set.component.state === 'ok');
  const old = await token();
  expect(await verified(verifier, old)).toMatchObject({ kind: 'identity' });

  answer = provider(issuer, [rsa('rsa-2')], 'RS256');
  expect(await verified(verifier, await token())).toMatchObject({ kind: 'identity' });
  expect(verifier.peek(old, true)).toBeUndefined();
});

it('another issuer is not spoken for by its metadata', async () => {
  const name = `${issuer}/other`;
  const sub = answer;
  answer = (request, response) => {
    request.url = request.url?.replace('/other', '') ?? '/';
    sub(request, response);
  };
  const fetch = discoveryFetcher(name, { allowHttp: true }, systemClock);
  await expect(fetch(new AbortController().signal)).rejects.toThrow('metadata of another issuer');
});
