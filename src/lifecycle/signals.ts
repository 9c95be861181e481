export interface StopSignals {
  /** Resolves with the first SIGTERM or SIGINT. */
  readonly received: Promise<NodeJS.Signals>;
  /** Aborted when whoever stops us does not want to wait: by SIGINT, or by asking twice. */
  readonly impatient: AbortSignal;
}

export function onStopSignals(): StopSignals {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
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
