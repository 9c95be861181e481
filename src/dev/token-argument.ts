import { text } from 'node:stream/consumers';

/** The token that an argument names: itself, or, for `-`, what stands on standard input. */
export async function readToken(argument: string): Promise<string> {
  return (argument === '-' ? await text(process.stdin) : argument).trim();
}
