import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { HealthCheck, HealthWatch } from '../../../../src/sources/http2/health.ts';
import { definitions, encode } from '../../../support/protobuf.ts';
import { FakeRpc } from './fake-rpc.ts';

const OK = 0;
const NOT_FOUND = 5;
const UNIMPLEMENTED = 12;
const OURS = 'envoy.service.auth.v3.Authorization';
const MALFORMED = Buffer.from([0x0a, 0x05, 0x61]);

const requestType = definitions.lookupType('grpc.health.v1.HealthCheckRequest');
const responseType = definitions.lookupType('grpc.health.v1.HealthCheckResponse');
const ask = (service = '') => encode(requestType, { service });

function statusesOf({ sent }: FakeRpc): unknown[] {
  return sent.map(
    (message) => responseType.toObject(responseType.decode(message), { enums: String }).status,
  );
}

function start(ready = true) {
  const changes = new Subject<boolean>();
  const readiness = { ready, changes };
  return {
    check: new HealthCheck(readiness),
    watch: new HealthWatch(readiness),
    changes,
    become(next: boolean) {
      readiness.ready = next;
      changes.next(next);
    },
  };
}

describe('HealthCheck', () => {
  it.each([
    ['', true, 'SERVING'],
    ['', false, 'NOT_SERVING'],
    [OURS, true, 'SERVING'],
    [OURS, false, 'NOT_SERVING'],
  ])('says of %j, ready being %s: %s', (service, ready, status) => {
    const { check } = start(ready);
    const rpc = new FakeRpc();
    check.message(rpc, ask(service));
    expect(statusesOf(rpc)).toEqual([status]);
    expect(rpc.finished).toMatchObject([{ code: OK }]);
    check.closed();
  });

  it.each([
    ['a service that is unknown', ask('no.Such')],
    ['a message that is malformed', MALFORMED],
  ])('does not know %s', (_, message) => {
    const { check } = start();
    const rpc = new FakeRpc();
    check.message(rpc, message);
    expect(rpc).toMatchObject({ sent: [], finished: [{ code: NOT_FOUND }] });
  });

  it('reads readiness anew for every call', () => {
    const { check, become } = start();
    const [before, after] = [new FakeRpc(), new FakeRpc()];
    check.message(before, ask());
    become(false);
    check.message(after, ask());
    expect([statusesOf(before), statusesOf(after)]).toEqual([['SERVING'], ['NOT_SERVING']]);
  });

  it('wants a message', () => {
    const rpc = new FakeRpc();
    start().check.ended(rpc);
    expect(rpc).toMatchObject({ sent: [], finished: [{ code: UNIMPLEMENTED }] });
  });
});

describe('HealthWatch', () => {
  it('tells the status at once, and every change', () => {
    const { watch, become } = start(false);
    const rpc = new FakeRpc();
    watch.message(rpc, ask(OURS));
    expect(statusesOf(rpc)).toEqual(['NOT_SERVING']);
    become(true);
    become(false);
    expect(statusesOf(rpc)).toEqual(['NOT_SERVING', 'SERVING', 'NOT_SERVING']);
    expect(rpc.finished).toEqual([]);
  });

  it('does not tell what has been told', () => {
    const { watch, become } = start();
    const rpc = new FakeRpc();
    watch.message(rpc, ask());
    become(true);
    become(true);
    expect(statusesOf(rpc)).toEqual(['SERVING']);
  });

  it.each([
    ['a service that is unknown', ask('no.Such')],
    ['a message that is malformed', MALFORMED],
  ])('says once that it does not know %s, and stays', (_, message) => {
    const { watch, become } = start();
    const rpc = new FakeRpc();
    watch.message(rpc, message);
    become(false);
    expect(statusesOf(rpc)).toEqual(['SERVICE_UNKNOWN']);
    expect(rpc.finished).toEqual([]);
  });

  it('tells each of those who watch', () => {
    const { watch, become } = start();
    const [first, second, stranger] = [new FakeRpc(), new FakeRpc(), new FakeRpc()];
    watch.message(first, ask());
    become(false);
    watch.message(second, ask(OURS));
    watch.message(stranger, ask('no.Such'));
    become(true);
    expect(statusesOf(first)).toEqual(['SERVING', 'NOT_SERVING', 'SERVING']);
    expect(statusesOf(second)).toEqual(['NOT_SERVING', 'SERVING']);
    expect(statusesOf(stranger)).toEqual(['SERVICE_UNKNOWN']);
  });

  it('takes one message, and ends with a second', () => {
    const { watch } = start();
    const rpc = new FakeRpc();
    watch.message(rpc, ask());
    watch.message(rpc, ask());
    expect(statusesOf(rpc)).toEqual(['SERVING']);
    expect(rpc.finished).toMatchObject([{ code: UNIMPLEMENTED }]);
  });

  it('goes on when the caller has ended its side, but not without a message', () => {
    const { watch, become } = start();
    const [rpc, silent] = [new FakeRpc(), new FakeRpc()];
    watch.message(rpc, ask());
    watch.ended(rpc);
    watch.ended(silent);
    become(false);
    expect(statusesOf(rpc)).toEqual(['SERVING', 'NOT_SERVING']);
    expect(rpc.finished).toEqual([]);
    expect(silent).toMatchObject({ sent: [], finished: [{ code: UNIMPLEMENTED }] });
  });

  it('tells nobody who has gone', () => {
    const { watch, become } = start();
    const [gone, other] = [new FakeRpc(), new FakeRpc()];
    for (const rpc of [gone, other]) watch.message(rpc, ask());
    watch.closed(gone);
    become(false);
    expect(statusesOf(gone)).toEqual(['SERVING']);
    expect(statusesOf(other)).toEqual(['SERVING', 'NOT_SERVING']);
  });

  it('listens for changes only as long as somebody watches', () => {
    const { watch, changes, become } = start();
    const [first, second, third] = [new FakeRpc(), new FakeRpc(), new FakeRpc()];
    expect(changes.observed).toBe(false);
    for (const rpc of [first, second]) watch.message(rpc, ask());
    watch.closed(first);
    expect(changes.observed).toBe(true);
    watch.closed(second);
    expect(changes.observed).toBe(false);
    watch.closed(new FakeRpc());
    watch.message(third, ask());
    become(false);
    expect(statusesOf(third)).toEqual(['SERVING', 'NOT_SERVING']);
  });

  it('ends all who watch', () => {
    const { watch } = start();
    const rpcs = [new FakeRpc(), new FakeRpc()];
    for (const rpc of rpcs) watch.message(rpc, ask());
    watch.end();
    expect(rpcs.map(({ finished }) => finished.map(({ code }) => code))).toEqual([[OK], [OK]]);
  });

  it('ends all who watch, though each leaves as it ends', () => {
    const { watch, changes } = start();
    const finished: number[] = [];
    for (const id of [1, 2, 3]) {
      const rpc = new FakeRpc();
      rpc.finish = () => {
        finished.push(id);
        watch.closed(rpc);
      };
      watch.message(rpc, ask());
    }
    watch.end();
    expect(finished).toEqual([1, 2, 3]);
    expect(changes.observed).toBe(false);
  });

  it('tells one that comes after the end that we are going, and ends it', () => {
    const { watch, changes } = start();
    watch.end();
    const late = new FakeRpc();
    watch.message(late, ask());
    expect(statusesOf(late)).toEqual(['NOT_SERVING']);
    expect(late.finished).toMatchObject([{ code: OK }]);
    expect(changes.observed).toBe(false);
  });
});
