import { type Cases, HELLO, LATER } from './exchange.ts';
import { frameCases, greetings } from './frame-cases.ts';
import { requestCases } from './request-cases.ts';

function stepsOf(frames: readonly Buffer[]): Buffer[] {
  const at = frames.indexOf(LATER);
  if (at < 0) return [Buffer.concat(frames)];
  return [Buffer.concat(frames.slice(0, at)), ...stepsOf(frames.slice(at + 1))];
}

/** By name: what is sent, each step when all before has been answered. */
export const differentialCases: ReadonlyMap<string, readonly Buffer[]> = new Map(
  Object.entries({
    ...mapped(greetings, stepsOf),
    ...mapped({ ...requestCases, ...frameCases }, (frames) => [HELLO, ...stepsOf(frames)]),
  }),
);

function mapped(of: Cases, steps: (frames: readonly Buffer[]) => Buffer[]): Cases {
  return Object.fromEntries(Object.entries(of).map(([name, frames]) => [name, steps(frames)]));
}
