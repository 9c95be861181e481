import { readFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { checkFields, data, head, messageOf, prefixed } from './checks.ts';
import { cutIntoFrames, END_STREAM, PREFACE } from './frames.ts';
import type { Session } from './sessions.ts';

/** What Envoy said, of which bench/corpus has the words. */
export function envoySession(): Session {
  const file = new URL('../../../bench/corpus/envoy.json', import.meta.url);
  const capture = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  const [greeting, first, later, message] = ['settings', 'first', 'later', 'message'].map((part) =>
    Buffer.from(capture[part] as string, 'hex'),
  ) as [Buffer, Buffer, Buffer, Buffer];
  return [
    PREFACE,
    ...cutIntoFrames(greeting),
    head(1, first),
    data(1, prefixed(message), END_STREAM),
    ...[3, 5].flatMap((id) => [head(id, later), data(id, messageOf(`/${id}`), END_STREAM)]),
  ];
}

/** What the client of Node, which is nghttp2, says: Huffman, a table, padding, headers in parts. */
export async function nodeSession(): Promise<Session> {
  const chunks: Buffer[] = [];
  const wires = new Duplex({
    read() {},
    write(chunk, _, done) {
      chunks.push(chunk);
      done();
    },
  });
  const client = connect('http://sluice', { createConnection: () => wires });
  client.on('error', () => undefined);
  const fields = Object.fromEntries(checkFields.filter(([name]) => name !== ':authority'));
  for (const path of ['/one', '/two', '/three']) {
    const request = client.request({ ...fields, 'x-request-id': `id of ${path}` });
    request.on('error', () => undefined);
    request.end(messageOf(path));
  }
  client.ping(Buffer.from('are you?'), () => undefined);
  while (Buffer.concat(chunks).indexOf('/three') < 0) await turn();
  await turn();
  client.destroy();
  const bytes = Buffer.concat(chunks);
  return [PREFACE, ...cutIntoFrames(bytes.subarray(PREFACE.length))];
}
