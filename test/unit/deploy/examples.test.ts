import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { exampleFaults } from '../../../scripts/lib/deploy/examples.ts';
import { parseManifests } from '../../../scripts/lib/deploy/manifest.ts';

const TEXTS = {
  envoy: `
mutations: { request_mutations: [{ remove: x-user-id }, { remove: x-auth-provider }] }
routes: [{ context_extensions: { sluice.required_scopes: a b, other: x } }]
`,
  meshConfig: `
extensionProviders:
  - { name: p, envoyExtAuthzGrpc: { service: s.n.svc.cluster.local, port: 1 } }
`,
  istio: `
kind: AuthorizationPolicy
metadata: { name: a }
spec: { action: CUSTOM, provider: { name: p } }
---
kind: DestinationRule
metadata: { name: a }
spec: { host: s.n.svc.cluster.local }
---
kind: EnvoyFilter
metadata: { name: a }
spec: { value: { request_mutations: [{ remove: x-auth-provider }, { remove: x-user-id }] } }
`,
  gateway: `
kind: SecurityPolicy
metadata: { name: a }
spec:
  contextExtensions: [{ name: sluice.anonymous, value: allow }]
  grpc: { backendRefs: [{ name: s, namespace: n, port: 1 }] }
---
kind: ClientTrafficPolicy
metadata: { name: a }
spec: { headers: { earlyRequestHeaders: { remove: [x-user-id, x-auth-provider] } } }
---
kind: ReferenceGrant
metadata: { name: a, namespace: n }
spec: { to: [{ kind: Service, name: s }] }
`,
} as const;
const SERVICES = `
kind: Service
metadata: { name: s, namespace: n }
spec: { ports: [{ port: 1 }] }
`;

function faultsWith(file: keyof typeof TEXTS, from: string, to: string) {
  expect(TEXTS[file].split(from), from).toHaveLength(2);
  const texts = { ...TEXTS, [file]: TEXTS[file].replace(from, to) };
  const examples = {
    envoy: parse(texts.envoy),
    meshConfig: parse(texts.meshConfig),
    istio: parseManifests(texts.istio),
    gateway: parseManifests(texts.gateway),
  };
  return exampleFaults(examples, parseManifests(SERVICES));
}

describe('examples of what asks Sluice', () => {
  it('have no faults when nothing is wrong', () => {
    expect(faultsWith('envoy', 'routes', 'routes')).toEqual([]);
  });

  it.each<[keyof typeof TEXTS, string, string, string]>([
    ['envoy', 'sluice.required_scopes: a b', 'sluice.required_scope: a', 'unknown_extension'],
    ['gateway', 'value: allow', 'value: maybe', 'bad_extension_value'],
    ['meshConfig', 's.n.svc', 't.n.svc', 'provider p: there is no t.n.svc.cluster.local; s.n.svc'],
    ['meshConfig', 'port: 1', 'port: 2', 'provider p: s.n.svc.cluster.local has no port 2; 1'],
    ['istio', 'provider: { name: p }', 'provider: { name: q }', 'there is no provider q; p'],
    ['istio', 'host: s.n', 'host: s.m', 'DestinationRule a: host is s.m.svc.cluster.local, and'],
    ['gateway', 'port: 1', 'port: 2', 'SecurityPolicy a: s.n.svc.cluster.local has no port 2; 1'],
    ['gateway', 'name: a, namespace: n', 'name: a, namespace: m', 'no ReferenceGrant lets it'],
    [
      'gateway',
      'Service, name: s',
      'Service, name: t',
      'SecurityPolicy a: no ReferenceGrant lets it',
    ],
    ['istio', ', { remove: x-user-id }', '', 'istio removes x-auth-provider; the others'],
    ['gateway', '[x-user-id, x-auth-provider]', '[]', 'envoy-gateway removes nothing; the others'],
  ])('%s with %j as %j are told: %s', (file, from, to, fault) => {
    const told = faultsWith(file, from, to);
    // Another host of the provider is another than that of the rule, too.
    expect(told[0]).toContain(fault);
    expect(told.length).toBe(from === 's.n.svc' ? 2 : 1);
  });
});
