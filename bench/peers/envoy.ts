import { type Envoy, startEnvoy } from '../../test/support/envoy.ts';
import { AUDIENCE, ISSUER, SECRET } from '../../test/support/tokens.ts';
import { pin, SERVER_CORE } from '../lib/subject.ts';

export type Filter = Readonly<Record<string, unknown>>;

const type = (name: string) => `type.googleapis.com/envoy.extensions.${name}`;

/** ext_authz over gRPC, as deploy/envoy has it. */
export const extAuthz: Filter = {
  name: 'envoy.filters.http.ext_authz',
  typed_config: {
    '@type': type('filters.http.ext_authz.v3.ExtAuthz'),
    transport_api_version: 'V3',
    grpc_service: { envoy_grpc: { cluster_name: 'service' }, timeout: '0.2s' },
    status_on_error: { code: 'ServiceUnavailable' },
  },
};

/** Envoy's own: the signature and the claims, no revocation. */
export const jwtAuthn: Filter = {
  name: 'envoy.filters.http.jwt_authn',
  typed_config: {
    '@type': type('filters.http.jwt_authn.v3.JwtAuthentication'),
    providers: {
      bench: {
        issuer: ISSUER,
        audiences: [AUDIENCE],
        local_jwks: {
          inline_string: JSON.stringify({
            keys: [
              {
                ...{ kty: 'oct', alg: 'HS256', kid: 'bench-2026-11' },
                k: Buffer.from(SECRET).toString('base64url'),
              },
            ],
          }),
        },
        jwt_cache_config: { jwt_cache_size: 10_000 },
      },
    },
    rules: [{ match: { prefix: '/' }, requires: { provider_name: 'bench' } }],
  },
};

/** An Envoy on the server's core that answers every request it lets pass by itself. */
export async function startBenchEnvoy(filters: readonly Filter[], port = 1): Promise<Envoy> {
  const http2 = {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': type('upstreams.http.v3.HttpProtocolOptions'),
      explicit_http_config: { http2_protocol_options: {} },
    },
  };
  const manager = {
    '@type': type('filters.network.http_connection_manager.v3.HttpConnectionManager'),
    stat_prefix: 'bench',
    route_config: {
      virtual_hosts: [
        {
          ...{ name: 'all', domains: ['*'] },
          routes: [{ match: { prefix: '/' }, direct_response: { status: 200 } }],
        },
      ],
    },
    http_filters: [
      ...filters,
      {
        name: 'envoy.filters.http.router',
        typed_config: { '@type': type('filters.http.router.v3.Router') },
      },
    ],
  };
  const socket = (port_value: number) => ({
    socket_address: { address: '127.0.0.1', port_value },
  });
  const envoy = await startEnvoy({
    static_resources: {
      listeners: [
        {
          ...{ name: 'http', address: socket(0) },
          filter_chains: [
            {
              filters: [
                {
                  name: 'envoy.filters.network.http_connection_manager',
                  typed_config: manager,
                },
              ],
            },
          ],
        },
      ],
      clusters: [
        {
          ...{ name: 'service', type: 'STATIC', connect_timeout: '1s' },
          circuit_breakers: {
            thresholds: [{ max_requests: 100_000, max_pending_requests: 100_000 }],
          },
          typed_extension_protocol_options: http2,
          load_assignment: {
            cluster_name: 'service',
            endpoints: [{ lb_endpoints: [{ endpoint: { address: socket(port) } }] }],
          },
        },
      ],
    },
  });
  pin(envoy.pid, SERVER_CORE);
  return envoy;
}
