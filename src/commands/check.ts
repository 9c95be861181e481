import { askCheck, verdictOf } from '../dev/client.ts';
import { readToken } from '../dev/token-argument.ts';

/** So that a script can tell a denial from a command that failed. */
const EXIT_NOT_ALLOWED = 3;

/**
 * Asks a Check service (`host:port`) what a GET with this token would get, and prints it. Rejects
 * when nobody answers.
 */
export async function check(address: string, argument: string): Promise<void> {
  const outcome = await askCheck(address, '/', await readToken(argument));
  const headers = Object.entries(outcome.headers).map(([name, value]) => `  ${name}: ${value}\n`);
  process.stdout.write(`${verdictOf(outcome)}\n${headers.join('')}`);
  if (outcome.result !== 'allow') process.exitCode = EXIT_NOT_ALLOWED;
}
