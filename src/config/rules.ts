import { identityFaults } from './identity-rules.ts';
import { normalizeOtlpEndpoint } from './otlp-endpoint.ts';
import type { SettingName, Settings } from './settings.ts';

/** What one worker keeps open at the most: a connection carries whole batches, not single checks. */
const MAX_POOL_SIZE = 64;

/** Settings that exclude each other, a line for each. Those that are at fault are left out. */
export function contradictions(
  settings: Partial<Settings>,
  given: ReadonlyMap<SettingName, string>,
): string[] {
  const faults: string[] = [];
  const atMost = (small: SettingName, large: SettingName): void => {
    if (!((settings[small] as number) > (settings[large] as number))) return;
    faults.push(
      `${small} cannot be ${settings[small]} with ${large} at ${settings[large]}; ` +
        'it must not be the larger of the two',
    );
  };
  const needs = (name: SettingName, other: SettingName): void => {
    if (!given.has(name) || given.has(other)) return;
    faults.push(`${other} is not set; ${name} needs it`);
  };
  atMost('REDIS_MIN_IDLE_CONNS', 'REDIS_POOL_SIZE');
  atMost('BATCH_MAX_IN_FLIGHT', 'REDIS_POOL_SIZE');
  needs('GRPC_TLS_CERT_FILE', 'GRPC_TLS_KEY_FILE');
  needs('GRPC_TLS_KEY_FILE', 'GRPC_TLS_CERT_FILE');
  needs('GRPC_TLS_CLIENT_CA_FILE', 'GRPC_TLS_CERT_FILE');
  faults.push(...identityFaults(settings, given));
  const isPolicy = given.has('AUTH_POLICY_FILE'); // which has outage policies of its own
  const isStrict = settings.OUTAGE_POLICY === 'deny' && !isPolicy;
  if (given.has('STALE_MAX_SEC') && settings.STALE_MAX_SEC && isStrict) {
    faults.push(
      'STALE_MAX_SEC has no use with OUTAGE_POLICY at deny; leave it out, or make that stale',
    );
  }
  if (given.has('LATENCY_TARGET_MS')) atMost('LATENCY_TARGET_MS', 'CHECK_BUDGET_MS');
  if (given.has('MAX_QUEUE_MS')) atMost('MAX_QUEUE_MS', 'CHECK_BUDGET_MS');
  const { AUTH_GRPC_PORT, AUTH_METRICS_PORT } = settings;
  if (AUTH_GRPC_PORT && AUTH_GRPC_PORT === AUTH_METRICS_PORT) {
    faults.push(`AUTH_GRPC_PORT and AUTH_METRICS_PORT cannot both be ${AUTH_GRPC_PORT}`);
  }
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: protocol } = settings;
  const canExport = !endpoint || !protocol || normalizeOtlpEndpoint(endpoint, protocol);
  if (settings.OTEL_ENABLED && !canExport) {
    faults.push(`OTEL_EXPORTER_OTLP_ENDPOINT cannot be ${endpoint}; it must be host:port or a URL`);
  }
  return faults;
}

/**
 * Settings that are larger than has any use are lowered: the service this one replaces ran with
 * them, and its manifests must still start. One warning for each that was given.
 */
export function capped(
  settings: Settings,
  given: ReadonlyMap<SettingName, string>,
): { readonly settings: Settings; readonly warnings: readonly string[] } {
  const result: Record<string, unknown> = { ...settings };
  const warnings: string[] = [];
  const cap = (name: SettingName, most: number, why: string): void => {
    const value = settings[name] as number;
    if (value <= most) return;
    result[name] = most;
    if (given.has(name)) warnings.push(`${name} is ${most} instead of ${value}: ${why}`);
  };
  const budget = settings.CHECK_BUDGET_MS;
  const late = `a check must be answered within CHECK_BUDGET_MS (${budget})`;
  cap('REDIS_POOL_TIMEOUT_MS', budget, late);
  cap('REDIS_READ_TIMEOUT_MS', budget, late);
  cap('REDIS_WRITE_TIMEOUT_MS', budget, late);
  cap('MAX_QUEUE_MS', budget, late);
  const enough = 'one connection carries whole batches of checks';
  cap('REDIS_POOL_SIZE', MAX_POOL_SIZE, enough);
  cap('REDIS_MIN_IDLE_CONNS', MAX_POOL_SIZE, enough);
  return { settings: result as Settings, warnings };
}
