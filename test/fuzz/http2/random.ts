/** Numbers from 0 to `below`, which is left out: the same sequence for the same seed (mulberry32). */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Where each piece of `length` bytes ends: the same cuts for the same seed. */
export function cutsOf(length: number, seed: number): number[] {
  const random = randomFrom(seed);
  // Each piece costs a turn: few are to be short, and none of what is long.
  const longest = [length, length, 500, 150, 150, 40, 40, 9, 1][random(9)] as number;
  const size = Math.max(1, longest, Math.ceil(length / 400));
  const cuts: number[] = [];
  for (let at = 0; at < length; cuts.push(at)) at = Math.min(length, at + 1 + random(size));
  return cuts;
}
