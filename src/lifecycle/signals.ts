export interface StopSignals {
  /** Resolves with the first SIGTERM or SIGINT, or a word for what else ends us. */
  readonly received: Promise<string>;
  /** Aborted when whoever stops us does not want to wait: by SIGINT, or by asking twice. */
  readonly impatient: AbortSignal;
}

/** `failed`: aborted when we are to end because of a fault of our own. */
export function onStopSignals(failed?: AbortSignal): StopSignals {
  const { promise, resolve } = Promise.withResolvers<string>();
  failed?.addEventListener('abort', () => resolve('unhandledRejection'));
  const impatience = new AbortController();
  let count = 0;
  const receive = (signal: NodeJS.Signals): void => {
    count++;
    if (signal === 'SIGINT' || count > 1) impatience.abort();
    resolve(signal);
  };
  process.on('SIGTERM', receive);
  process.on('SIGINT', receive);
  return { received: promise, impatient: impatience.signal };
}

/** By SIGHUP one asks a daemon to read its configuration anew; it would otherwise end us. */
export function onReload(reload: () => void): void {
  process.on('SIGHUP', reload);
}
