import { askCheck } from '../dev/client.ts';

/** Asks a Check service (`host:port`) what a GET with this token would get, and prints it. */
export async function check(address: string, token: string): Promise<void> {
  const outcome = await askCheck(address, '/', token);
  const verdict = outcome.allowed ? 'allow' : `deny, HTTP ${outcome.httpStatus}`;
  const headers = Object.entries(outcome.headers).map(([name, value]) => `  ${name}: ${value}\n`);
  process.stdout.write(`${verdict} (${outcome.reason})\n${headers.join('')}`);
}
