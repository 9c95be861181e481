import { describe, expect, it } from 'vitest';
import { createRegistry } from '../../../src/admin/registry.ts';
import type { Settled } from '../../../src/domain/call.ts';
import { allow, type Decision, refuse } from '../../../src/domain/decision.ts';
import { isAllow, type Reason, reasonNames, reasons } from '../../../src/domain/reason.ts';
import { ShadowReplySink, tellOfShadow } from '../../../src/sinks/shadow.ts';
import { encodeCheckResponse } from '../../../src/sources/codec/check-response.ts';
import { fakeCall } from '../../support/calls.ts';
import { decisionOf } from '../../support/decisions.ts';
import { RecordingLogger } from '../../support/logger.ts';
import { decodeCheckResponse } from '../../support/protobuf.ts';
import { parseExposition, valueIn } from '../admin/exposition.ts';

function start() {
  const logger = new RecordingLogger();
  const sink = new ShadowReplySink(logger);
  const settle = (decision: Decision) => {
    const call = fakeCall({});
    call.settle(decision);
    return call as typeof call & Settled;
  };
  const answerTo = (decision: Decision) => {
    const call = settle(decision);
    sink.settled([call]);
    expect(call.responder.replies).toHaveLength(1);
    expect(call.decision).toBe(decision);
    return call.responder.replies[0] as Decision;
  };
  const passed = async (reason: Reason) => {
    const text = await createRegistry(() => sink.instruments).metrics();
    const labels = { result: reasons[reason].result, reason };
    return valueIn(parseExposition(text), 'ext_authz_shadow_passed_total', labels);
  };
  return { logger, sink, settle, answerTo, passed };
}

describe('ShadowReplySink', () => {
  it.each(reasonNames)('allows on %s, touches nothing, and tells what was decided', (reason) => {
    const { answerTo } = start();
    const answer = decodeCheckResponse(encodeCheckResponse(answerTo(decisionOf(reason))));
    expect(answer).toEqual({
      grpcCode: 0,
      kind: 'ok_response',
      httpStatus: undefined,
      headers: [],
      headersToRemove: [],
      body: '',
      dynamicMetadata: { shadow_result: reasons[reason].result, shadow_reason: reason },
    });
  });

  it('keeps back what an allow would tell the upstream', () => {
    const { answerTo } = start();
    const decided = allow('success', [['x-user-id', 'alice']], ['x-auth-provider'], ['token']);
    const { headers, headersToRemove, queryToRemove } = answerTo(decided);
    expect([headers, headersToRemove, queryToRemove]).toEqual([[], [], []]);
  });

  it('has an answer for an error that would be told as a status', () => {
    const { answerTo } = start();
    expect(answerTo(refuse('redis_error', { signal: 'grpc_status' })).signal).toBe('denied');
  });

  it('makes each answer once', () => {
    const { answerTo } = start();
    expect(answerTo(refuse('blacklisted'))).toBe(answerTo(refuse('blacklisted')));
  });

  it('counts what passes that would not, and nothing else', async () => {
    const { answerTo, passed } = start();
    for (const reason of ['success', 'blacklisted', 'blacklisted', 'redis_error'] as const) {
      answerTo(decisionOf(reason));
    }
    expect(await passed('blacklisted')).toBe(2);
    expect(await passed('redis_error')).toBe(1);
    expect(await passed('deadline')).toBe(0);
    expect(await passed('success')).toBeUndefined();
    const { sink } = start();
    expect(sink.instruments).toHaveLength(reasonNames.filter((name) => !isAllow(name)).length);
  });

  it('serves the others when one cannot be told', () => {
    const { sink, settle } = start();
    const [odd, next] = [settle(refuse('blacklisted')), settle(refuse('blacklisted'))];
    odd.responder.reply = () => {
      throw new Error('the transport has failed');
    };
    sink.settled([odd, next]);
    expect(next.responder.replies).toHaveLength(1);
  });

  it('warns that it is on', () => {
    const [line] = start().logger.lines;
    expect(line).toMatchObject({ level: 'warn', message: expect.stringContaining('SHADOW_MODE') });
  });
});

describe('what is told of shadow mode', () => {
  it.each([
    [true, 1, ['shadow_mode is degraded']],
    [false, 0, []],
  ])('where it is on: %s', async (isOn, value, parts) => {
    const { instruments, components } = tellOfShadow(isOn, 'prod');
    const families = parseExposition(await createRegistry(() => instruments).metrics());
    expect(valueIn(families, 'ext_authz_shadow_mode', { environment: 'prod' })).toBe(value);
    expect(components.map(({ name, state }) => `${name} is ${state}`)).toEqual(parts);
  });
});
