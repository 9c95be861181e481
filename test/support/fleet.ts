import { DiscoveryFile } from './discovery-file.ts';
import { type Envoy, startEnvoy } from './envoy.ts';
import {
  answeringConfig,
  discovered,
  type Edit,
  listeningAt,
  loadAssignment,
  withoutRetries,
} from './envoy-edits.ts';
import { freePort } from './free-port.ts';
import { type Sluice, startSluice } from './sluice.ts';
import { until } from './until.ts';
import { startValkey, type Valkey } from './valkey.ts';

type Settings = Readonly<Record<string, string>>;

export interface FleetOptions {
  readonly size: number;
  /** Of every Sluice. */
  readonly settings?: Settings;
  /** Instead of startSluice. */
  readonly start?: (settings: Settings) => Promise<Sluice>;
  /** More changes of deploy/envoy/envoy.yaml. */
  readonly edits?: readonly Edit[];
}

/** For Envoy to notice. */
const PATIENCE_MS = 30_000;
const ENVOY_WORKERS = 2;
const NO_PORT = 1;
const HEALTHY = 'cluster.sluice.membership_healthy';
const TOTAL = 'cluster.sluice.membership_total';

/**
 * Sluices that come and go on one Valkey, and an Envoy that hears of them by EDS and asks nothing
 * twice.
 */
export class Fleet implements AsyncDisposable {
  readonly valkey: Valkey;
  readonly #file: DiscoveryFile;
  readonly #options: FleetOptions;
  #stack: AsyncDisposableStack;
  #envoy: Envoy | undefined;
  #members: readonly Sluice[] = [];
  #running: readonly Sluice[] = [];

  static async start(options: FleetOptions): Promise<Fleet> {
    await using stack = new AsyncDisposableStack();
    const valkey = stack.use(await startValkey({ config: ['maxmemory-policy noeviction'] }));
    const file = stack.use(await DiscoveryFile.create(loadAssignment([NO_PORT])));
    const fleet = new Fleet(valkey, file, options, stack);
    await fleet.tell(await fleet.startSluices(options.size));
    await fleet.#startEnvoy();
    await fleet.untilSeen();
    fleet.#stack = stack.move();
    return fleet;
  }

  private constructor(
    valkey: Valkey,
    file: DiscoveryFile,
    options: FleetOptions,
    stack: AsyncDisposableStack,
  ) {
    this.valkey = valkey;
    this.#file = file;
    this.#options = options;
    this.#stack = stack;
  }

  get envoy(): Envoy {
    return this.#envoy as Envoy;
  }

  /** What Envoy was told of last. */
  get members(): readonly Sluice[] {
    return this.#members;
  }

  /** Those that have not ended. */
  get running(): readonly Sluice[] {
    return this.#running;
  }

  /** Open ones of all Sluices, as Valkey counts them. */
  async redisConnections(): Promise<number> {
    const clients = String(await this.valkey.command('CLIENT', 'LIST'));
    return clients.split('\n').filter((client) => client.includes(' user=default ')).length;
  }

  /** Ready, and not yet known to Envoy. */
  startSluices(count: number): Promise<readonly Sluice[]> {
    return Promise.all(Array.from({ length: count }, () => this.#startSluice()));
  }

  /** Envoy is to ask these and no others. It may take a while: see `untilSeen`. */
  async tell(members: readonly Sluice[]): Promise<void> {
    await this.#file.write(loadAssignment(members.map(({ grpcPort }) => grpcPort)));
    this.#members = members;
  }

  /**
   * Until Envoy has all members, found each of them healthy, and has no others. One that has left EDS
   * it keeps for as long as its health checks find nothing wrong.
   */
  async untilSeen(): Promise<void> {
    const { length } = this.#members;
    await until(async () => {
      const stats = await this.envoy.stats('cluster.sluice.membership_.*');
      return stats[HEALTHY] === length && stats[TOTAL] === length;
    }, PATIENCE_MS);
  }

  /** Resolves once the Envoy of before has ended. */
  async hotRestart(): Promise<void> {
    this.#envoy = await this.envoy.hotRestart();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }

  async #startSluice(): Promise<Sluice> {
    const { start = startSluice, settings } = this.#options;
    const sluice = this.#stack.use(await start({ AUTH_REDIS_URL: this.valkey.url, ...settings }));
    this.#running = [...this.#running, sluice];
    void sluice.exitCode.then(() => {
      this.#running = this.#running.filter((other) => other !== sluice);
    });
    await until(async () => (await sluice.ready()).status === 200);
    return sluice;
  }

  async #startEnvoy(): Promise<void> {
    const config = answeringConfig(
      NO_PORT,
      ...[listeningAt(await freePort()), withoutRetries, ...discovered(NO_PORT, this.#file)],
      ...(this.#options.edits ?? []),
    );
    this.#envoy = await startEnvoy(config, { concurrency: ENVOY_WORKERS, hotRestart: true });
    this.#stack.defer(() => this.envoy.stop());
  }
}
