import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  allow,
  type Decision,
  type FailureSignal,
  type Header,
  refuse,
} from '../../src/domain/decision.ts';
import { isAllow, reasonNames, reasons } from '../../src/domain/reason.ts';
import { CheckRequest } from '../../src/sources/codec/check-request.ts';
import { encodeCheckResponse } from '../../src/sources/codec/check-response.ts';
import { encodeHealthCheckResponse, ServingStatus } from '../../src/sources/codec/health.ts';
import { difference } from '../fuzz/agreement.ts';
import { hostileBytes } from '../fuzz/hostile.ts';
import { readWithProtobufjs } from '../fuzz/oracle.ts';
import { decodeCheckResponse } from '../support/protobuf.ts';
import { type Python, startPython } from '../support/python.ts';
import { missing } from '../support/tools.ts';
import { type Definitions, ourDefinitions } from './definitions.ts';
import { type RawReading, toReading } from './reading.ts';

const REQUESTS = 2_000;
const HOSTILE_ROUNDS = 20;
const HOSTILE_AT_ONCE = 1_000;

const decode = (bytes: Buffer) => new CheckRequest(bytes, { rpcHeader: () => undefined });
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

describe.skipIf(missing('python'))(
  "the official protobuf runtime, with Envoy's own messages,",
  () => {
    let python: Python;
    beforeAll(async () => {
      python = await startPython([join(import.meta.dirname, 'codec.py')]);
    });
    afterAll(() => python[Symbol.asyncDispose]());

    const ours = ourDefinitions();
    /** Of a random seed that a failure shows. */
    const seed = Math.floor(Math.random() * 2 ** 31);

    it('writes CheckRequests with all fields that we read as they were meant', async () => {
      const generated = (await python.ask({ ask: 'generate', seed, count: REQUESTS })) as {
        readonly bytes: string;
        readonly isTcp: boolean;
        readonly reading: RawReading;
      }[];
      for (const { bytes, reading } of generated) {
        const check = decode(Buffer.from(bytes, 'base64'));
        expect(check.fault, `seed ${seed}: ${bytes}`).toBeUndefined();
        expect(difference(check, toReading(reading)), `seed ${seed}: ${bytes}`).toBeUndefined();
      }
      expect(generated.filter(({ isTcp }) => isTcp).length).toBeGreaterThan(REQUESTS / 20);
      expect(generated.filter(({ isTcp }) => !isTcp).length).toBeGreaterThan(REQUESTS / 2);
    });

    it('accepts and refuses the same hostile bytes, and reads them the same', async () => {
      const kept = Object.fromEntries(
        Object.entries(ours.messages).map(([name, fields]) => [name, Object.keys(fields)]),
      );
      let accepted = 0;
      let stricter = 0;
      for (let round = 0; round < HOSTILE_ROUNDS; round++) {
        const samples = fc.sample(hostileBytes, { numRuns: HOSTILE_AT_ONCE, seed: seed + round });
        const messages = samples.map(base64);
        const readings = (await python.ask({
          ask: 'read_all',
          kept,
          messages,
        })) as (RawReading | null)[];
        for (const [i, reading] of readings.entries()) {
          const bytes = samples[i] as Buffer;
          const check = decode(bytes);
          if (reading === null) {
            expect(check.fault, messages[i]).toBe('malformed_request');
          } else if (check.fault === undefined) {
            expect(difference(check, toReading(reading)), messages[i]).toBeUndefined();
            accepted++;
          } else {
            // Python's parser lets field number 0 pass in an unknown group; no field may have it.
            expect(readWithProtobufjs(bytes, 99), messages[i]).toBeUndefined();
            stricter++;
          }
        }
      }
      const total = HOSTILE_ROUNDS * HOSTILE_AT_ONCE;
      expect(accepted).toBeGreaterThan(total / 4);
      expect(accepted).toBeLessThan((total * 3) / 4);
      expect(stricter).toBeLessThan(total / 100);
    });

    it('reads our responses, and writes them to the last byte as we do', async () => {
      const decisions = [...allDecisions()];
      const encoded = decisions.map(encodeCheckResponse);
      const messages = encoded.map(base64);
      const parsed = (await python.ask({ ask: 'parse_responses', messages })) as {
        readonly bytes: string;
      }[];
      for (const [i, { bytes, ...content }] of parsed.entries()) {
        const { reason, signal, headers } = decisions[i] as Decision;
        const name = `${reason} ${signal} ${headers.length}`;
        const expected = decodeCheckResponse(encoded[i] as Uint8Array);
        expect(content, name).toEqual(JSON.parse(JSON.stringify(expected, (_, it) => it ?? null)));
        expect(bytes, name).toBe(messages[i]);
      }
    });

    it('reads our health', async () => {
      const messages = Object.values(ServingStatus).map(encodeHealthCheckResponse).map(base64);
      const names = await python.ask({ ask: 'parse_health', messages });
      expect(names).toEqual(Object.keys(ServingStatus));
    });

    it('has every definition in proto/, name for name and number for number', async () => {
      const names = {
        messages: Object.keys(ours.messages),
        enums: Object.keys(ours.enums),
        services: Object.keys(ours.services),
      };
      expect(names.messages).toContain('google.rpc.Status');
      expect(names.messages).toContain('grpc.health.v1.HealthCheckResponse');
      expect(names.services).toContain('envoy.service.auth.v3.Authorization');
      const theirs = (await python.ask({ ask: 'describe', ...names })) as Definitions;
      expect(theirs).toMatchObject(ours);
    });
  },
);

const HEADERS: readonly (readonly Header[])[] = [
  [],
  [['x-user-id', 'u1']],
  [
    ['x-user-id', 'u1'],
    ['x-auth-provider', 'idp'],
    ['x-user-id', 'u2'],
  ],
  [
    ['x-long', 'v'.repeat(300)],
    ['a', ' !~'],
  ],
  Array.from({ length: 200 }, (_, i): Header => [`x-${i}`, `${i}`]),
];
const REMOVED: readonly (readonly string[])[] = [[], ['authorization'], ['b', 'a', 'b']];
const SIGNALS: readonly FailureSignal[] = ['denied', 'error_response', 'grpc_status'];

function* allDecisions(): Generator<Decision> {
  for (const headers of HEADERS) {
    for (const reason of reasonNames) {
      if (isAllow(reason)) {
        for (const removed of REMOVED) yield allow(reason, headers, removed);
        continue;
      }
      const httpStatus = reasons[reason].httpStatus === 403 ? 401 : 599;
      for (const signal of SIGNALS) {
        yield refuse(reason, { headers, signal });
        yield refuse(reason, { headers, signal, httpStatus });
      }
    }
  }
}
