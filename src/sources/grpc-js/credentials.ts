import { ServerCredentials } from '@grpc/grpc-js';
import type { Clock } from '../../domain/clock.ts';
import type { Logger } from '../../domain/ports.ts';
import { type TlsFiles, watchTls } from '../tls-files.ts';

/** Credentials whose certificate can be changed while connections are open. */
class ReloadableCredentials extends ServerCredentials {
  readonly apply = this.updateSecureContextOptions.bind(this);

  constructor(mutual: boolean) {
    super({ requestCert: mutual, rejectUnauthorized: mutual });
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

/** Plain text without `tls`. `stop` ends the watch over the files. Rejects on unusable files. */
export async function createCredentials(
  tls: TlsFiles | undefined,
  clock: Clock,
  logger: Logger,
): Promise<{ readonly credentials: ServerCredentials; readonly stop: () => void }> {
  if (tls === undefined) {
    return { credentials: ServerCredentials.createInsecure(), stop: () => undefined };
  }
  const credentials = new ReloadableCredentials(tls.clientCaFile !== undefined);
  const stop = await watchTls(tls, clock, logger, credentials.apply);
  return { credentials, stop };
}
