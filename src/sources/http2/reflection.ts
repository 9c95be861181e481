import { EventEmitter } from 'node:events';
import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { createReflection } from '../reflection.ts';
import { Status } from './grpc-status.ts';
import { type Route, routes } from './route.ts';
import type { Method, Rpc } from './rpc.ts';

const METHOD = 'ServerReflectionInfo';

/** What the library's handler sees as its stream. */
class Duplex extends EventEmitter {
  readonly write: (response: object) => void;
  readonly end: () => void;

  constructor(rpc: Rpc, serialize: (response: object) => Buffer) {
    super();
    this.write = (response) => rpc.send(serialize(response));
    this.end = () => rpc.finish(Status.OK);
  }
}

/** The library's reflection, for which its gRPC server is not needed. */
class Reflection implements Method {
  readonly #definition: ServiceDefinition[string];
  readonly #handle: (stream: Duplex) => void;
  readonly #open = new Map<Rpc, Duplex>();

  constructor(definition: ServiceDefinition[string], handle: (stream: Duplex) => void) {
    this.#definition = definition;
    this.#handle = handle;
  }

  message(rpc: Rpc, bytes: Buffer): void {
    let request: unknown;
    try {
      request = this.#definition.requestDeserialize(bytes);
    } catch {
      rpc.finish(Status.INVALID_ARGUMENT, 'malformed message');
      return;
    }
    this.#stream(rpc).emit('data', request);
  }

  ended(rpc: Rpc): void {
    this.#stream(rpc).emit('end');
  }

  closed(rpc: Rpc): void {
    this.#open.delete(rpc);
  }

  #stream(rpc: Rpc): Duplex {
    let stream = this.#open.get(rpc);
    if (stream === undefined) {
      stream = new Duplex(rpc, this.#definition.responseSerialize);
      this.#open.set(rpc, stream);
      this.#handle(stream);
    }
    return stream;
  }
}

/** Both versions of grpc.reflection. */
export function reflectionMethods(): readonly (readonly [Route, Method])[] {
  const methods: (readonly [Route, Method])[] = [];
  createReflection().addToServer({
    addService(service: ServiceDefinition, { [METHOD]: handle }: UntypedServiceImplementation) {
      const definition = service[METHOD] as ServiceDefinition[string];
      const method = new Reflection(definition, handle as unknown as (stream: Duplex) => void);
      methods.push([routes.get(definition.path) as Route, method]);
    },
  });
  return methods;
}
