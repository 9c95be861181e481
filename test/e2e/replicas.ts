import type { Envoy } from '../support/envoy.ts';
import {
  alsoAt,
  PATIENT_SETTINGS,
  quickToNotice,
  startStrictEnvoy,
  withoutRetries,
} from '../support/envoy-edits.ts';
import { freePort } from '../support/free-port.ts';
import type { Sluice } from '../support/sluice.ts';
import { until } from '../support/until.ts';

/** For Envoy to notice. */
const PATIENCE_MS = 30_000;
const HEALTHY = 'cluster.sluice.membership_healthy';

/** Starts a replica with these settings on top of its own. */
export type StartReplica = (settings: Readonly<Record<string, string>>) => Promise<Sluice>;

/** Two replicas behind an Envoy that asks nothing twice. */
export class Replicas implements AsyncDisposable {
  readonly envoy: Envoy;
  readonly #started: AsyncDisposableStack;
  #staying: Sluice;
  #leaving: Sluice;

  static async start(start: StartReplica): Promise<Replicas> {
    await using started = new AsyncDisposableStack();
    const leaving = started.use(await startReady(start, await freePort()));
    const staying = started.use(await startReady(start, await freePort()));
    const cluster = alsoAt(staying.grpcPort, leaving.grpcPort);
    const edits = [cluster, withoutRetries, ...quickToNotice];
    const envoy = started.use(await startStrictEnvoy(staying.grpcPort, ...edits));
    const replicas = new Replicas(envoy, leaving, staying, started.move());
    await replicas.#healthy(2);
    return replicas;
  }

  private constructor(
    envoy: Envoy,
    leaving: Sluice,
    staying: Sluice,
    started: AsyncDisposableStack,
  ) {
    this.envoy = envoy;
    this.#leaving = leaving;
    this.#staying = staying;
    this.#started = started;
  }

  /** Those that run, the one that is replaced next first. */
  get running(): readonly Sluice[] {
    return [this.#leaving, this.#staying];
  }

  /** Ends the one that has been there longest, and starts one in its place. Its exit code. */
  async replaceOldest(start: StartReplica): Promise<number | null> {
    const leaving = this.#leaving;
    leaving.signal('SIGTERM');
    await this.#healthy(1);
    await until(async () => (await this.#connectionsTo(leaving)) === 0, PATIENCE_MS);
    leaving.signal('SIGTERM');
    const exitCode = await leaving.exitCode;
    const fresh = this.#started.use(await startReady(start, leaving.grpcPort));
    await this.#healthy(2);
    await until(async () => (await this.#connectionsTo(fresh)) > 0, PATIENCE_MS);
    [this.#leaving, this.#staying] = [this.#staying, fresh];
    return exitCode;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#started.disposeAsync();
  }

  #healthy(count: number): Promise<void> {
    const isSo = async () => (await this.envoy.stats(HEALTHY))[HEALTHY] === count;
    return until(isSo, PATIENCE_MS);
  }

  /** Those of Envoy's workers, which hear of what its health checks find a moment later. */
  #connectionsTo({ grpcPort }: Sluice): Promise<number> {
    return this.envoy.connectionsTo('sluice', grpcPort);
  }
}

async function startReady(start: StartReplica, port: number): Promise<Sluice> {
  const replica = await start({
    ...PATIENT_SETTINGS,
    AUTH_GRPC_PORT: String(port),
    DRAIN_DELAY_MS: '60000', // it is ended once Envoy has noticed
  });
  await until(async () => (await replica.ready()).status === 200);
  return replica;
}
