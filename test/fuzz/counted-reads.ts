/** The same bytes, but what is read of them one by one is counted; `toString` is one step a byte. */
export function countedReads(bytes: Buffer): { readonly bytes: Buffer; readonly count: number } {
  const counter = { count: 0, bytes };
  counter.bytes = new Proxy(bytes, {
    get(target, property) {
      if (property === 'toString') {
        return (encoding: BufferEncoding, start: number, stop: number) => {
          counter.count += stop - start;
          return target.toString(encoding, start, stop);
        };
      }
      if (typeof property === 'string' && /^\d+$/.test(property)) counter.count++;
      return Reflect.get(target, property);
    },
  });
  return counter;
}
