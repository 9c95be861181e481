import { readFile } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { pipeline } from 'node:stream';
import { createServer } from 'node:tls';

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Given: only clients with a certificate from this authority are let in. */
  readonly caFile?: string;
}

export interface TlsFront extends AsyncDisposable {
  readonly port: number;
}

/** Speaks TLS on behalf of a server on 127.0.0.1 that cannot. */
export async function startTlsFront(target: number, files: TlsFiles): Promise<TlsFront> {
  const open = new Set<{ destroy(): void }>();
  const server = createServer(
    {
      cert: await readFile(files.certFile),
      key: await readFile(files.keyFile),
      ...(files.caFile !== undefined && {
        ca: await readFile(files.caFile),
        requestCert: true,
        rejectUnauthorized: true,
      }),
    },
    (client) => {
      const upstream = connect(target, '127.0.0.1');
      client.on('error', () => {}); // also after the pipeline has let go of it
      open.add(client);
      pipeline(client, upstream, client, () => open.delete(client));
    },
  );
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject);
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      for (const client of open) client.destroy();
      await closed.promise;
    },
  };
}
