import { fileURLToPath } from 'node:url';
import { status } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { encode } from '../../support/protobuf.ts';
import { framed, Http2Client } from './clients.ts';
import { startHarness } from './harness.ts';

const FOLDER = new URL('build/proto/grpc/reflection/', packageUrl('@grpc/reflection'));
const SYMBOL = 'envoy.service.auth.v3.Authorization';
const FRAME_HEAD_BYTES = 5;

interface Answer {
  readonly list_services_response?: { readonly service: readonly { readonly name: string }[] };
  readonly file_descriptor_response?: { readonly file_descriptor_proto: readonly Buffer[] };
  readonly error_response?: { readonly error_code: number };
}

function packageUrl(name: string): URL {
  return new URL('..', new URL('..', import.meta.resolve(name)));
}

/** Asks one thing of grpc.reflection, in a version of it. */
async function reflect(version: string, reflection: boolean, ask: object) {
  const file = fileURLToPath(new URL(`${version}/reflection.proto`, FOLDER));
  const root = new protobuf.Root().loadSync(file, { keepCase: true });
  const service = `grpc.reflection.${version}.ServerReflection`;
  const request = root.lookupType(`grpc.reflection.${version}.ServerReflectionRequest`);
  const response = root.lookupType(`grpc.reflection.${version}.ServerReflectionResponse`);
  await using harness = await startHarness({ reflection });
  await using client = new Http2Client(`http://${harness.address}`);
  const { code, body } = await client.post(framed(encode(request, ask)), {
    ':path': `/${service}/ServerReflectionInfo`,
  });
  const answer = body.length === 0 ? {} : response.decode(body.subarray(FRAME_HEAD_BYTES)).toJSON();
  return { code, answer: answer as Answer };
}

describe.each(['v1', 'v1alpha'])('reflection %s', (version) => {
  it('is off unless asked for', async () => {
    const { code } = await reflect(version, false, { list_services: '' });
    expect(code).toBe(status.UNIMPLEMENTED);
  });

  it('lists what is served', async () => {
    const { code, answer } = await reflect(version, true, { list_services: '' });
    expect(code).toBe(status.OK);
    const names = answer.list_services_response?.service.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([SYMBOL, 'grpc.health.v1.Health']));
  });

  it('describes a service, and what its messages are made of', async () => {
    const { code, answer } = await reflect(version, true, { file_containing_symbol: SYMBOL });
    expect(code).toBe(status.OK);
    const files = answer.file_descriptor_response?.file_descriptor_proto ?? [];
    const text = files.map((file) => Buffer.from(String(file), 'base64').toString('latin1')).join();
    for (const name of ['CheckRequest', 'AttributeContext', 'DeniedHttpResponse']) {
      expect(text).toContain(name);
    }
  });

  it('says so of what there is not', async () => {
    const { code, answer } = await reflect(version, true, { file_containing_symbol: 'a.b.C' });
    expect(code).toBe(status.OK);
    expect(answer.error_response?.error_code).toBe(status.NOT_FOUND);
  });
});
