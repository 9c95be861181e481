import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { reflectionMethods } from '../../../../src/sources/http2/reflection.ts';
import { Route } from '../../../../src/sources/http2/route.ts';
import type { Method } from '../../../../src/sources/http2/rpc.ts';
import { field, tag } from '../../../support/wire.ts';
import { FakeRpc } from './fake-rpc.ts';

const OK = 0;
const INVALID_ARGUMENT = 3;

/** What is needed of grpc/reflection/v1/reflection.proto; v1alpha has the same numbers. */
const { root } = protobuf.parse(
  `
  syntax = "proto3";
  message Response {
    message Services { repeated Service service = 1; }
    message Service { string name = 1; }
    message Files { repeated bytes file_descriptor_proto = 1; }
    message Error { int32 error_code = 1; }
    Files files = 4;
    Services services = 6;
    Error error = 7;
  }
`,
  { keepCase: true },
);
const responseType = root.lookupType('Response');

const listServices = () => field(7, '*');
const fileOf = (symbol: string) => field(4, symbol);

const answersTo = ({ sent }: FakeRpc) =>
  sent.map((message) => responseType.toObject(responseType.decode(message)));

const versions = [
  ['v1', Route.REFLECTION_V1],
  ['v1alpha', Route.REFLECTION_V1ALPHA],
] as const;
const methods: ReadonlyMap<Route, Method> = new Map(reflectionMethods());

describe('reflection', () => {
  it('has both versions', () => {
    expect([...methods.keys()].sort()).toEqual([Route.REFLECTION_V1, Route.REFLECTION_V1ALPHA]);
  });
});

describe.each(versions)('reflection %s', (_, route) => {
  const method = methods.get(route) as Method;

  it('tells what is served', () => {
    const rpc = new FakeRpc();
    method.message(rpc, listServices());
    const names = answersTo(rpc).flatMap(({ services }) =>
      services.service.map(({ name }: { name: string }) => name),
    );
    expect(names.sort()).toEqual(['envoy.service.auth.v3.Authorization', 'grpc.health.v1.Health']);
    expect(rpc.finished).toEqual([]);
    method.closed(rpc);
  });

  it('answers one message after the other, and ends with its caller', () => {
    const rpc = new FakeRpc();
    method.message(rpc, fileOf('grpc.health.v1.Health'));
    method.message(rpc, fileOf('no.Such'));
    method.message(rpc, listServices());
    const [files, error, services] = answersTo(rpc);
    expect(files?.files.file_descriptor_proto.length).toBeGreaterThan(0);
    expect(error?.error.error_code).toBe(5);
    expect(services).toHaveProperty('services');
    expect(rpc.finished).toEqual([]);
    method.ended(rpc);
    expect(rpc.finished).toEqual([{ code: OK, details: undefined }]);
    method.closed(rpc);
  });

  it('ends with a caller who has asked nothing', () => {
    const rpc = new FakeRpc();
    method.ended(rpc);
    expect(rpc).toMatchObject({ sent: [], finished: [{ code: OK }] });
    method.closed(rpc);
  });

  it.each([
    ['cut off', tag(7, 2)],
    ['no protobuf', tag(7, 7)],
  ])('refuses a message that is %s', (_, message) => {
    const rpc = new FakeRpc();
    method.message(rpc, message);
    expect(rpc).toMatchObject({ sent: [], finished: [{ code: INVALID_ARGUMENT }] });
    method.closed(rpc);
  });

  it('keeps its callers apart', () => {
    const [first, second] = [new FakeRpc(), new FakeRpc()];
    method.message(first, listServices());
    method.message(second, fileOf('no.Such'));
    method.ended(second);
    expect(answersTo(first)).toMatchObject([{ services: {} }]);
    expect(answersTo(second)).toMatchObject([{ error: {} }]);
    expect([first.finished.length, second.finished.length]).toEqual([0, 1]);
    for (const rpc of [first, second]) method.closed(rpc);
  });
});
