import { envoyConfig } from '../../scripts/lib/envoy-config.ts';
import { startUpstream, type Upstream } from '../../scripts/lib/upstream.ts';
import { type Envoy, startEnvoy } from './envoy.ts';
import { PATIENT_SETTINGS } from './envoy-edits.ts';
import { type Sluice, startSluice } from './sluice.ts';
import { claims, signed } from './tokens.ts';
import { until } from './until.ts';
import { startValkey, type Valkey } from './valkey.ts';

export interface StackOptions {
  /** Settings of Sluice. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Changes the text of deploy/envoy/envoy.yaml. */
  readonly edit?: (yaml: string) => string;
  /** With the times that the example and the defaults have: else nothing is late on a slow machine. */
  readonly isHasty?: boolean;
}

/** Everything: downstream ─▶ Envoy ─▶ upstream, and Envoy ─▶ Sluice ─▶ Valkey. */
export interface Stack extends AsyncDisposable {
  readonly valkey: Valkey;
  readonly sluice: Sluice;
  readonly envoy: Envoy;
  readonly upstream: Upstream;
}

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { settings, edit = (yaml: string) => yaml, isHasty = false } = options;
  await using started = new AsyncDisposableStack();
  const valkey = started.use(await startValkey());
  const upstream = started.use(await startUpstream());
  const sluice = started.use(
    await startSluice({
      ...(isHasty ? {} : PATIENT_SETTINGS),
      ...{ AUTH_REDIS_URL: valkey.url, ...settings },
    }),
  );
  await until(async () => (await sluice.ready()).status === 200);
  const ports = {
    ingress: 0,
    sluice: sluice.grpcPort,
    upstream: upstream.httpPort,
    upstreamGrpc: upstream.grpcPort,
  };
  const envoy = started.use(
    await startEnvoy(envoyConfig(ports, (yaml) => (isHasty ? edit(yaml) : unhurried(edit(yaml))))),
  );
  const all = started.move();
  return { valkey, sluice, envoy, upstream, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

function unhurried(yaml: string): string {
  return yaml
    .replace('timeout: 0.2s', 'timeout: 20s')
    .replaceAll('connect_timeout: 0.25s', 'connect_timeout: 20s');
}

/** A token that passes, but for what is overridden. */
export function token(override: Record<string, unknown> = {}): string {
  return signed(claims(Math.floor(Date.now() / 1000), override));
}

export const bearer = (value: string) => ({ authorization: `Bearer ${value}` });
