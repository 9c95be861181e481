import type { RequestListener } from 'node:http';
import Provider from 'oidc-provider';
import { http } from './http.ts';

/** Whom its access tokens are for. */
export const AUDIENCE = 'https://api.example';
/** The only client, which its access tokens are about. */
export const CLIENT = {
  client_id: 'client',
  client_secret: 'a secret of the client, for tests only',
};

const CREDENTIALS = Buffer.from(
  `${CLIENT.client_id}:${encodeURIComponent(CLIENT.client_secret)}`,
).toString('base64');

/**
 * A real OpenID provider (https://github.com/panva/node-oidc-provider). `jwks`: its private keys, the
 * first one that fits `alg` signs. `ttlSec`: for how long its access tokens hold, in seconds.
 */
export function openidProvider(
  issuer: string,
  { jwks, alg, ttlSec }: { jwks: readonly object[]; alg: string; ttlSec: number },
): RequestListener {
  const resource = {
    ...{ scope: 'read', audience: AUDIENCE, accessTokenFormat: 'jwt' },
    jwt: { sign: { alg } },
  };
  return quietly(() =>
    new Provider(issuer, {
      clients: [
        { ...CLIENT, grant_types: ['client_credentials'], redirect_uris: [], response_types: [] },
      ],
      jwks: { keys: jwks },
      ttl: { ClientCredentials: ttlSec },
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => AUDIENCE,
          getResourceServerInfo: () => resource,
        },
      },
    }).callback(),
  );
}

/** An access token of the provider that listens there; rejects when it issues none. */
export async function requestToken(url: string): Promise<string> {
  const { status, body } = await http(`${url}/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${CREDENTIALS}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: Buffer.from('grant_type=client_credentials&scope=read'),
  });
  if (status !== 200) throw new Error(`the provider issues no token: ${status} ${body}`);
  return JSON.parse(body).access_token;
}

/** Each one would say that it is for no production, with its storage in memory and without TLS. */
function quietly<T>(task: () => T): T {
  const { warn, info } = console;
  console.warn = console.info = () => undefined;
  try {
    return task();
  } finally {
    Object.assign(console, { warn, info });
  }
}
