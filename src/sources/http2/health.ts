import type { Readiness } from '../../domain/ports.ts';
import {
  decodeHealthCheckRequest,
  encodeHealthCheckResponse,
  ServingStatus,
  servingStatusOf,
} from '../codec/health.ts';
import { Status } from './grpc-status.ts';
import type { Method, Rpc } from './rpc.ts';

const ONE_MESSAGE = 'there has to be one message';

/** grpc.health.v1.Health/Check: the same as /ready (github.com/grpc/grpc, doc/health-checking.md). */
export class HealthCheck implements Method {
  readonly #readiness: Readiness;

  constructor(readiness: Readiness) {
    this.#readiness = readiness;
  }

  message(rpc: Rpc, bytes: Buffer): void {
    const status = servingStatusOf(decodeHealthCheckRequest(bytes), this.#readiness);
    if (status === ServingStatus.SERVICE_UNKNOWN) {
      rpc.finish(Status.NOT_FOUND, 'unknown service');
    } else {
      rpc.send(encodeHealthCheckResponse(status));
      rpc.finish(Status.OK);
    }
  }

  ended(rpc: Rpc): void {
    rpc.finish(Status.UNIMPLEMENTED, ONE_MESSAGE);
  }

  closed(): void {
    // Nothing is kept.
  }
}

interface Watcher {
  readonly service: string | undefined;
  told: ServingStatus | undefined;
}

/** grpc.health.v1.Health/Watch: the status now, and whenever it changes. */
export class HealthWatch implements Method {
  readonly #readiness: Readiness;
  readonly #watchers = new Map<Rpc, Watcher>();
  #stop: (() => void) | undefined;
  #isOver = false;

  constructor(readiness: Readiness) {
    this.#readiness = readiness;
  }

  message(rpc: Rpc, bytes: Buffer): void {
    if (this.#watchers.has(rpc)) {
      rpc.finish(Status.UNIMPLEMENTED, ONE_MESSAGE);
      return;
    }
    if (this.#isOver) {
      rpc.send(encodeHealthCheckResponse(ServingStatus.NOT_SERVING));
      rpc.finish(Status.OK);
      return;
    }
    const watcher = { service: decodeHealthCheckRequest(bytes), told: undefined };
    this.#watchers.set(rpc, watcher);
    if (this.#stop === undefined) {
      const changes = this.#readiness.changes.subscribe(() => this.#tellAll());
      this.#stop = () => changes.unsubscribe();
    }
    this.#tell(rpc, watcher);
  }

  ended(rpc: Rpc): void {
    if (!this.#watchers.has(rpc)) rpc.finish(Status.UNIMPLEMENTED, ONE_MESSAGE);
  }

  closed(rpc: Rpc): void {
    this.#watchers.delete(rpc);
    if (this.#watchers.size > 0) return;
    this.#stop?.();
    this.#stop = undefined;
  }

  /** Ends what is open, and from now on what comes: it would hold up a drain. */
  end(): void {
    this.#isOver = true;
    for (const rpc of [...this.#watchers.keys()]) rpc.finish(Status.OK);
  }

  #tellAll(): void {
    for (const [rpc, watcher] of this.#watchers) this.#tell(rpc, watcher);
  }

  #tell(rpc: Rpc, watcher: Watcher): void {
    const status = servingStatusOf(watcher.service, this.#readiness);
    if (status === watcher.told) return;
    watcher.told = status;
    rpc.send(encodeHealthCheckResponse(status));
  }
}
