/** Allows every check without looking at it: the least a server on our own HTTP/2 can do. */
import { NEVER } from 'rxjs';
import { systemClock } from '../../src/domain/clock.ts';
import { allow } from '../../src/domain/decision.ts';
import { keepHeapSmall } from '../../src/lifecycle/heap.ts';
import { Http2Source } from '../../src/sources/http2/source.ts';
import { allowedHeaders } from './allowed.ts';

const decision = allow('success', allowedHeaders, []);
const note = () => {};
keepHeapSmall();
const source = new Http2Source(
  {
    ...{ host: '127.0.0.1', port: 0, reflection: false },
    ...{ maxConcurrentStreams: 1000, maxCalls: 100_000, maxConnections: 1024, budgetMs: 1000 },
    ...{ maxConnectionAgeMs: 0, maxConnectionAgeGraceMs: 0 },
  },
  { ready: true, changes: NEVER },
  systemClock,
  { debug: note, info: note, warn: note, error: note },
);
source.calls.subscribe((calls) => {
  for (const call of calls) {
    call.settle(decision);
    call.responder.reply(decision);
  }
});
const { port } = await source.start();
process.stdout.write(`listening 127.0.0.1:${port}\n`);
