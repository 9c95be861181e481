import { afterEach } from 'vitest';
import { serverLogs } from './server-process.ts';

/** Set-up file of vitest: a test that fails shows what its servers had to say. */
afterEach(({ task }) => {
  const logs = serverLogs();
  if (task.result?.state === 'fail' && logs !== '') console.error(logs);
});
