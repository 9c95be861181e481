/** Ids kept: as many streams as may have frames under way. */
const REMEMBERED = 1024;

/** Streams that we have reset: frames of theirs may still be under way (RFC 9113, section 5.1). */
export class ResetIds {
  #ids: Int32Array | undefined;
  #count = 0;

  add(id: number): void {
    this.#ids ??= new Int32Array(REMEMBERED);
    this.#ids[this.#count++ % REMEMBERED] = id;
  }

  has(id: number): boolean {
    return this.#ids?.includes(id) ?? false;
  }
}
