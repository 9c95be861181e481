/** The one of `names` that `name` was probably meant to be; undefined when none comes near. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const most = Math.max(1, Math.floor(name.length / 3));
  let found: string | undefined;
  let least = most + 1;
  for (const candidate of names) {
    const distance = editDistance(name.toLowerCase(), candidate, least);
    if (distance < least) [found, least] = [candidate, distance];
  }
  return found;
}

/** For the end of a message: ", perhaps one of `names` is meant", or nothing. */
export function perhapsMeant(name: string, names: readonly string[]): string {
  const found = nearest(name, names);
  return found === undefined ? '' : `, perhaps ${found} is meant`;
}

/** Letters to add, take away or change (Levenshtein); `enough` or more where it is no less. */
function editDistance(from: string, to: string, enough: number): number {
  if (Math.abs(from.length - to.length) >= enough) return enough;
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const change = (row[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}
