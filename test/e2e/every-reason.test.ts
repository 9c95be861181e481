import { Subject } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { envoyConfig } from '../../scripts/lib/envoy-config.ts';
import { startUpstream, type Upstream } from '../../scripts/lib/upstream.ts';
import type { Call } from '../../src/domain/call.ts';
import { systemClock } from '../../src/domain/clock.ts';
import type { FailureSignal } from '../../src/domain/decision.ts';
import type { CheckSource } from '../../src/domain/ports.ts';
import { type Reason, reasonNames, reasons } from '../../src/domain/reason.ts';
import { type Refusal, Refusals } from '../../src/pipeline/refusals.ts';
import { type Envoy, startEnvoy } from '../support/envoy.ts';
import { patient } from '../support/envoy-edits.ts';
import { type GrpcAnswer, grpc, http } from '../support/http.ts';
import { RecordingLogger } from '../support/logger.ts';
import { missing } from '../support/tools.ts';
import { createSource, GRPC_OPTIONS } from '../support/transport.ts';

/*
 * What Envoy makes of every decision there is, whether or not a real request can cause it: a
 * source whose calls are settled with the reason that the request's header x-want names.
 */

const refusalNames = reasonNames.filter((name) => reasons[name].result !== 'allow') as Refusal[];
const SIGNALS: readonly FailureSignal[] = ['denied', 'error_response', 'grpc_status'];

describe.skipIf(missing('envoy')).each(SIGNALS)('with FAILURE_SIGNAL=%s', (failureSignal) => {
  let upstream: Upstream;
  let source: CheckSource;
  let closed: Envoy;
  let open: Envoy;

  beforeAll(async () => {
    upstream = await startUpstream();
    source = await startSource(failureSignal);
    const { port } = await source.start();
    const ports = {
      ingress: 0,
      sluice: port,
      upstream: upstream.httpPort,
      upstreamGrpc: upstream.grpcPort,
    };
    closed = await startEnvoy(envoyConfig(ports, patient));
    open = await startEnvoy(
      envoyConfig(ports, (yaml) =>
        patient(yaml).replace('failure_mode_allow: false', 'failure_mode_allow: true'),
      ),
    );
  });

  afterAll(async () => {
    await Promise.all([closed?.stop(), open?.stop()]);
    await source?.drain(1_000);
    await upstream?.[Symbol.asyncDispose]();
  });

  const isSignalled = (reason: Reason) => {
    const spec: { signalled?: true } = reasons[reason];
    return failureSignal !== 'denied' && spec.signalled === true;
  };

  it.each(refusalNames)('a downstream sees %s as the table says', async (reason) => {
    const answer = await http(closed.url(), { headers: { 'x-want': reason } });
    const spec = reasons[reason];
    expect(answer.status).toBe(spec.httpStatus);
    if (isSignalled(reason) && failureSignal === 'grpc_status') return;
    expect(JSON.parse(answer.body)).toEqual({ error: reason, message: spec.message });
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.headers['www-authenticate'] !== undefined).toBe('challenge' in spec);
    expect(answer.headers['retry-after']).toBe(spec.result === 'error' ? '1' : undefined);
  });

  it.each(refusalNames)('failure_mode_allow lets %s pass only where it may', async (reason) => {
    const answer = await http(open.url(), { headers: { 'x-want': reason } });
    expect(answer.status).toBe(isSignalled(reason) ? 200 : reasons[reason].httpStatus);
  });

  it.each(refusalNames)('a gRPC downstream gets a grpc-status for %s', async (reason) => {
    const answer = await grpc(closed.url(), '/demo.Echo/Headers', { 'x-want': reason });
    expect(statusOf(answer)).toBe(grpcStatusFor(reasons[reason].httpStatus));
    expect(answer.message).toBeUndefined();
  });
});

/** github.com/grpc/grpc, doc/http-grpc-status-mapping.md, as Envoy applies it to local replies. */
function grpcStatusFor(httpStatus: number): number {
  const known: Record<number, number> = { 400: 13, 401: 16, 403: 7, 413: 2, 503: 14 };
  return known[httpStatus] ?? 2;
}

const statusOf = ({ trailers }: GrpcAnswer) => Number(trailers['grpc-status']);

async function startSource(failureSignal: FailureSignal): Promise<CheckSource> {
  const refusals = new Refusals({ corsOrigins: [], revokedHttpStatus: 403, failureSignal });
  const readiness = { ready: true, changes: new Subject<boolean>() };
  const source = createSource(GRPC_OPTIONS, readiness, systemClock, new RecordingLogger());
  source.calls.subscribe((batch) => {
    for (const call of batch) answer(call, refusals);
  });
  return source;
}

function answer(call: Call, refusals: Refusals): void {
  const decision = refusals.of(call.check.header('x-want') as Refusal, call);
  if (call.settle(decision)) call.responder.reply(decision);
}
