const extension = (name: string, type: string, fields: object = {}) => ({
  name,
  typed_config: { '@type': `type.googleapis.com/envoy.extensions.filters.${type}`, ...fields },
});

const loopback = (port: number) => ({
  socket_address: { address: '127.0.0.1', port_value: port },
});

const GRPC_SERVICE = { envoy_grpc: { cluster_name: 'authz' }, timeout: '5s' };

/** An Envoy that asks the service on `port`: of HTTP in two ways of telling headers, and of TCP. */
export function envoyConfig(port: number): object {
  const endpoint = { endpoint: { address: loopback(port) } };
  const cluster = {
    name: 'authz',
    load_assignment: { cluster_name: 'authz', endpoints: [{ lb_endpoints: [endpoint] }] },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
  };
  const tcp = [
    extension('authz', 'network.ext_authz.v3.ExtAuthz', {
      stat_prefix: 'tcp',
      grpc_service: GRPC_SERVICE,
      transport_api_version: 'V3',
    }),
    extension('echo', 'network.echo.v3.Echo'),
  ];
  return {
    static_resources: {
      clusters: [cluster],
      listeners: [
        listener('utf8', [httpManager(false)]),
        listener('raw', [httpManager(true)]),
        listener('tcp', tcp),
      ],
    },
  };
}

function listener(name: string, filters: readonly object[]): object {
  return { name, address: loopback(0), filter_chains: [{ filters }] };
}

function httpManager(isRaw: boolean): object {
  const direct_response = { status: 200, body: { inline_string: 'ok' } };
  const perRoute = {
    '@type': 'type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute',
    check_settings: { context_extensions: { scopes: 'read write', audience: 'orders' } },
  };
  const routes = [
    {
      match: { prefix: '/routed' },
      direct_response,
      typed_per_filter_config: { authz: perRoute },
    },
    { match: { prefix: '/' }, direct_response },
  ];
  const authz = extension('authz', 'http.ext_authz.v3.ExtAuthz', {
    grpc_service: GRPC_SERVICE,
    transport_api_version: 'V3',
    encode_raw_headers: isRaw,
    with_request_body: {
      max_request_bytes: 1024,
      allow_partial_message: true,
      pack_as_bytes: isRaw,
    },
  });
  return extension('http', 'network.http_connection_manager.v3.HttpConnectionManager', {
    stat_prefix: 'http',
    http_filters: [authz, extension('router', 'http.router.v3.Router')],
    route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes }] },
  });
}
