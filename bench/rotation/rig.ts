import { AUDIENCE } from '../../test/support/openid-provider.ts';
import { startToxiproxy, type ToxicProxy } from '../../test/support/toxiproxy.ts';
import { startValkey } from '../../test/support/valkey.ts';
import { type Denylist, RedisDenylist } from '../chaos/denylist.ts';
import { type Settings, startServe, untilReady } from '../chaos/rigs.ts';
import { processTree } from '../lib/proc.ts';
import { type Samples, scrape } from '../lib/server-figures.ts';
import { ALGORITHM, makeKey } from './keys.ts';
import { KeyProvider } from './provider.ts';

/** A provider behind a proxy that does harm, a real Valkey, and a Sluice that takes its keys from there. */
export interface KeyRig extends AsyncDisposable {
  readonly provider: KeyProvider;
  /** Between Sluice and the provider. */
  readonly proxy: ToxicProxy;
  readonly denylist: Denylist;
  /** host:port */
  readonly address: string;
  readonly adminUrl: string;
  /** Of Sluice. */
  pids(): readonly number[];
  scrape(): Promise<Samples>;
}

export interface RigOptions {
  readonly settings?: Settings;
  /** What the provider says of how long its keys hold, in seconds. */
  readonly maxAgeSec?: number;
}

export async function keyRig({ settings = {}, maxAgeSec }: RigOptions = {}): Promise<KeyRig> {
  await using stack = new AsyncDisposableStack();
  const valkey = stack.use(await startValkey({ config: ['maxmemory-policy noeviction'] }));
  const denylist = stack.use(new RedisDenylist(valkey.port));
  const provider = stack.use(await KeyProvider.start());
  const toxiproxy = stack.use(await startToxiproxy());
  const proxy = await toxiproxy.proxy(provider.port);
  provider.maxAgeSec = maxAgeSec;
  provider.begin(`http://127.0.0.1:${proxy.port}`, await makeKey('key-0'));
  const sluice = stack.use(
    await startServe({
      ...{ AUTH_SECRET_KEY: '', AUTH_JWKS: 'discovery' },
      ...{ AUTH_JWKS_ALLOW_HTTP: 'true', AUTH_ALGORITHM: ALGORITHM },
      ...{ AUTH_ISSUER: provider.issuer, AUTH_AUDIENCE: AUDIENCE, AUTH_REDIS_URL: valkey.url },
      ...settings,
    }),
  );
  await untilReady(sluice.adminUrl);
  const { adminUrl, grpcPort, pid } = sluice;
  const owned = stack.move();
  return {
    ...{ provider, proxy, denylist, adminUrl, address: `127.0.0.1:${grpcPort}` },
    pids: () => processTree(pid),
    scrape: () => scrape(adminUrl),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
