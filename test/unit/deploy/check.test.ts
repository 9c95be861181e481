import { describe, expect, it } from 'vitest';
import { manifestFaults } from '../../../scripts/lib/deploy/check.ts';
import { parseManifests } from '../../../scripts/lib/deploy/manifest.ts';

const BUILT = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: a }
spec:
  selector: { matchLabels: { app: a } }
  template:
    metadata: { labels: { app: a } }
    spec:
      serviceAccountName: a
      terminationGracePeriodSeconds: 20
      containers:
        - name: a
          image: registry.example/a:1
          envFrom: [{ configMapRef: { name: a } }]
          env:
            - { name: AUTH_REDIS_URL, valueFrom: { secretKeyRef: { name: s, key: redis } } }
            - { name: MALLOC_ARENA_MAX, value: "1" }
          ports: [{ name: grpc, containerPort: 50051 }, { name: admin, containerPort: 9090 }]
          startupProbe: { httpGet: { path: /health, port: admin } }
          readinessProbe: { httpGet: { path: /ready, port: admin } }
          livenessProbe: { httpGet: { path: /health, port: 9090 } }
          resources: { requests: { cpu: 100m, memory: 128Mi }, limits: { memory: 192Mi } }
          volumeMounts: [{ name: v, mountPath: /etc/a }]
      volumes:
        - { name: v, secret: { secretName: s, items: [{ key: key, path: key }] } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data:
  AUTH_ISSUER: https://a.example
  AUTH_AUDIENCE: a
  AUTH_SECRET_KEY_FILE: /etc/a/key
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: a }
---
apiVersion: v1
kind: Service
metadata: { name: a, labels: { app: a } }
spec: { selector: { app: a }, ports: [{ name: admin, port: 9090, targetPort: admin }] }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: a }
spec: { selector: { matchLabels: { app: a } } }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: a }
spec: { scaleTargetRef: { kind: Deployment, name: a }, minReplicas: 2, maxReplicas: 5 }
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: { name: a }
spec: { selector: { matchLabels: { app: a } }, endpoints: [{ port: admin }] }
`;

const SECRET = `
apiVersion: v1
kind: Secret
metadata: { name: s }
stringData: { redis: "", key: "" }
`;

/** The faults after a change of text, which must be there once. */
function faultsWith(from: string, to: string) {
  expect(BUILT.split(from), from).toHaveLength(2);
  return manifestFaults(parseManifests(BUILT.replace(from, to)), parseManifests(SECRET));
}

describe('manifests', () => {
  it('have no faults when nothing is wrong', async () => {
    expect(await manifestFaults(parseManifests(BUILT), parseManifests(SECRET))).toEqual([]);
  });

  it.each([
    ['data:\n', 'data:\n  AUTH_ISUER: x\n', 'env AUTH_ISUER is no setting, perhaps AUTH_ISSUER is'],
    ['AUTH_AUDIENCE: a', 'WORKERS: "1"', 'AUTH_AUDIENCE is not set'],
    ['AUTH_AUDIENCE: a', 'AUTH_AUDIENCE: a\n  WORKERS: many', 'WORKERS cannot be "many"'],
    ['AUTH_AUDIENCE: a', 'AUTH_AUDIENCE: a\n  AMQP_URL: x', 'env AMQP_URL has no effect'],
    [
      'AUTH_AUDIENCE: a',
      'AUTH_AUDIENCE: a\n  AUTH_ISSUER_FILE: /x',
      'AUTH_ISSUER_FILE is no setting',
    ],
    ['AUTH_SECRET_KEY_FILE: /etc/a/key', 'AUTH_SECRET_KEY: x', 'AUTH_SECRET_KEY is a secret'],
    ['/etc/a/key', '/etc/a/kee', 'nothing is mounted at /etc/a/kee; there is /etc/a/key'],
    [
      'name: s, key: redis',
      'name: s, key: rediss',
      'Secret s has no key rediss; it has redis, key',
    ],
    ['name: s, key: redis', 'name: t, key: redis', 'there is no Secret t'],
    ['configMapRef: { name: a }', 'configMapRef: { name: b }', 'there is no ConfigMap b'],
    ['key: key, path', 'key: kee, path', 'volume v: Secret s has no key kee'],
    ['{ name: v, mountPath', '{ name: w, mountPath', 'volumeMount w: there is no volume'],
    ['serviceAccountName: a', 'serviceAccountName: b', 'there is no ServiceAccount b'],
    [
      'matchLabels: { app: a } }\n  template',
      'matchLabels: { app: b } }\n  template',
      'its own pods',
    ],
    [
      '{ cpu: 100m, memory: 128Mi }',
      '{ cpu: 100m, memory: 1Gi }',
      'memory of 1Gi is requested, above its limit of 192Mi',
    ],
    ['{ cpu: 100m, memory', '{ cpu: 100q, memory', 'resources.requests.cpu cannot be 100q'],
    ['cpu: 100m, ', '', 'resources.requests.cpu is not set'],
    ['{ memory: 192Mi }', '{ cpu: 1 }', 'resources.limits.memory is not set'],
    ['a:1', 'a:latest', 'image registry.example/a:latest has no version'],
    ['a:1', 'a', 'image registry.example/a has no version'],
    [
      'containerPort: 50051',
      'containerPort: 50052',
      'no containerPort is 50051, which is AUTH_GRPC_PORT',
    ],
    ['path: /ready', 'path: /redy', 'readinessProbe asks /redy; one of /health, /ready is there'],
    [
      'port: 9090 } }',
      'port: 9091 } }',
      'livenessProbe asks port 9091, and AUTH_METRICS_PORT is 9090',
    ],
    ['startupProbe: { httpGet', 'x: { httpGet', 'startupProbe is missing'],
    ['Seconds: 20', 'Seconds: 15', 'terminationGracePeriodSeconds is 15; it must be longer than'],
    ['targetPort: admin', 'targetPort: adm', 'Service a: no container has the port adm'],
    ['selector: { app: a }', 'selector: { app: b }', 'Service a: its selector finds no pods'],
    [
      'spec: { selector: { matchLabels: { app: a } } }',
      'spec: { selector: { matchLabels: { app: b } } }',
      'PodDisruptionBudget a: its selector finds no pods',
    ],
    ['kind: Deployment, name: a', 'kind: Deployment, name: b', 'there is no Deployment b'],
    ['minReplicas: 2', 'minReplicas: 6', 'minReplicas 6 is above 5'],
    [
      '[{ port: admin }]',
      '[{ port: adm }]',
      'ServiceMonitor a: no Service it selects has a port adm',
    ],
  ])('with %j as %j are told: %s', async (from, to, fault) => {
    expect(await faultsWith(from, to)).toEqual([expect.stringContaining(fault)]);
  });
});
