/** Writes bench/corpus/envoy.json anew: what a real Envoy sends for one request of a browser. */
import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { envoyConfig } from '../../scripts/lib/envoy-config.ts';
import { ensureTool } from '../../scripts/lib/tools.ts';
import { startEnvoy } from '../../test/support/envoy.ts';
import { startDev } from '../../test/support/sluice.ts';
import { type EnvoyCapture, PARENT_ID, TOKEN } from './envoy.ts';

const REQUESTS = 3;
const DATA = 0;
const HEADERS = 1;
const PREFACE_BYTES = 24;
const FRAME_HEADER_BYTES = 9;
const GRPC_PREFIX_BYTES = 5;

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)';

/** With those that Envoy adds, what a page of a browser sends to an API. */
const headers: Readonly<Record<string, string>> = {
  host: 'api.example.com',
  authorization: `Bearer ${TOKEN}`,
  accept: 'application/json, text/plain, */*',
  'accept-encoding': 'gzip, deflate, br, zstd',
  'accept-language': 'en-GB,en;q=0.9,ko;q=0.8',
  'cache-control': 'no-cache',
  cookie: `session=${'0123456789abcdef'.repeat(4)}; theme=dark; consent=all`,
  dnt: '1',
  origin: 'https://app.example.com',
  pragma: 'no-cache',
  priority: 'u=1, i',
  referer: 'https://app.example.com/orders?page=3&sort=date',
  'sec-ch-ua': '"Chromium";v="146", "Not=A?Brand";v="24"',
  'sec-ch-ua-mobile': '?0',
  'sec-ch-ua-platform': '"Linux"',
  'sec-fetch-dest': 'empty',
  'sec-fetch-mode': 'cors',
  'sec-fetch-site': 'same-site',
  traceparent: `00-4bf92f3577b34da6a3ce929d0e0e4736-${PARENT_ID}-01`,
  'user-agent': `${BROWSER} Chrome/146.0.0.0 Safari/537.36`,
  'x-client-version': '2026.11.3',
  'x-tenant': 'blue',
};

/** Passes bytes on between Envoy and a Sluice, and keeps what Envoy said. */
async function startTap(port: number) {
  const heard: Buffer[] = [];
  const server = createServer((downstream) => {
    const upstream = connect(port, '127.0.0.1');
    downstream.on('data', (bytes) => heard.push(bytes)).pipe(upstream);
    upstream.pipe(downstream);
    for (const socket of [downstream, upstream]) socket.on('error', () => downstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, heard: () => Buffer.concat(heard), close: () => server.close() };
}

function frames(bytes: Buffer) {
  const found: { readonly type: number; readonly whole: Buffer; readonly payload: Buffer }[] = [];
  for (let at = PREFACE_BYTES; at + FRAME_HEADER_BYTES <= bytes.length; ) {
    const start = at + FRAME_HEADER_BYTES;
    const end = start + bytes.readUIntBE(at, 3);
    found.push({
      type: bytes.readUInt8(at + 3),
      whole: bytes.subarray(at, end),
      payload: bytes.subarray(start, end),
    });
    at = end;
  }
  return found;
}

function get(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers }, (response) => response.resume().on('end', resolve));
    sent.on('error', reject).end();
  });
}

await using sluice = await startDev();
const tap = await startTap(sluice.grpcPort);
const ports = { ingress: 0, sluice: tap.port, upstream: tap.port, upstreamGrpc: tap.port };
const withoutHealthChecks = (yaml: string) =>
  yaml.replace(/ {6}health_checks:[\s\S]*?grpc_health_check.*\n/, '');
await using envoy = await startEnvoy(envoyConfig(ports, withoutHealthChecks));
for (let i = 0; i < REQUESTS; i++) await get(`${envoy.url()}/api/v1/orders/4711?expand=items`);
tap.close();

const all = frames(tap.heard());
const blocks = all.filter(({ type }) => type === HEADERS).map(({ payload }) => payload);
const [first, later, last] = blocks;
const opening = all.slice(
  0,
  all.findIndex(({ type }) => type === HEADERS),
);
const message = all.find(({ type }) => type === DATA)?.payload.subarray(GRPC_PREFIX_BYTES);
if (!first || !later || !last || !message) throw new Error('Envoy asked less than expected');
if (!later.equals(last)) throw new Error('Envoy does not repeat its header block any more');

const capture: EnvoyCapture = {
  envoy: (await ensureTool('envoy')).version,
  settings: Buffer.concat(opening.map(({ whole }) => whole)).toString('hex'),
  first: first.toString('hex'),
  later: later.toString('hex'),
  message: message.toString('hex'),
};
await writeFile(
  join(import.meta.dirname, 'envoy.json'),
  `${JSON.stringify(capture, undefined, 2)}\n`,
);
