import { Counter, Gauge, type Instrument } from '../../domain/instrument.ts';

/**
 * Why a connection or a stream was refused or ended by us, and what it means. One table for the
 * metric and the documentation.
 */
export const refusals = {
  connection_limit: 'GRPC_MAX_CONNECTIONS are open',
  not_http2: 'the first bytes were not those of HTTP/2',
  handshake_timeout: 'the preface, or the ACK of our SETTINGS, did not come in time',
  protocol_error: 'a frame that the protocol does not allow there',
  frame_size_error: 'a frame of a length that its type cannot have',
  compression_error: 'a header block that HPACK cannot read',
  flow_control_error: 'more data than was allowed, or a window above 2^31-1',
  header_block_too_large: 'a header block of too many frames or bytes',
  reset_flood: 'streams reset at once, over and over',
  control_flood: 'frames without end that carry no request',
  header_flood: 'requests with too many headers, over and over',
  slow_reader: 'the peer did not take what we sent',
  keepalive_timeout: 'a PING was not answered',
  stream_limit: 'GRPC_MAX_CONCURRENT_STREAMS are open on the connection',
  stream_error: 'a request that is malformed as HTTP/2, or a frame that its stream does not allow',
  header_list_too_large: 'a request with too many headers',
  message_too_large: 'a message above 4 MiB',
  assembly_limit: 'no room for another message that comes in parts',
  request_timeout: 'a request that did not end',
  not_grpc: 'a request that is no gRPC, or a method that is not served',
} as const;
export type Refusal = keyof typeof refusals;

/** What the source counts. */
export class TransportMeter {
  readonly #refused: Readonly<Record<Refusal, Counter>>;
  readonly instruments: readonly Instrument[];

  /** `connections`: how many are open. */
  constructor(connections: () => number) {
    const counters = (Object.keys(refusals) as Refusal[]).map(
      (refusal) =>
        [
          refusal,
          new Counter({
            name: 'ext_authz_transport_refused_total',
            help: 'Connections and streams that the transport refused or ended.',
            labels: { class: refusal },
          }),
        ] as const,
    );
    this.#refused = Object.fromEntries(counters) as Record<Refusal, Counter>;
    this.instruments = [
      ...counters.map(([, counter]) => counter),
      new Gauge(
        { name: 'ext_authz_connections', help: 'Open gRPC connections.', merge: 'sum' },
        connections,
      ),
    ];
  }

  refused(refusal: Refusal): void {
    this.#refused[refusal].value++;
  }
}
