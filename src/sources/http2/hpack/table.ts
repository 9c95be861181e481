import { Field } from '../field.ts';
import { STATIC_ENTRIES } from './static-table.ts';

/** SETTINGS_HEADER_TABLE_SIZE: the initial value, which we leave as it is. */
export const MAX_TABLE_BYTES = 4096;
/** What an entry counts beside its bytes (RFC 7541, section 4.1). */
export const ENTRY_OVERHEAD_BYTES = 32;

const MAX_ENTRIES = MAX_TABLE_BYTES / ENTRY_OVERHEAD_BYTES;
/** Twice what can be live, so that the live part is seldom moved to the front. */
const STORE_BYTES = 2 * MAX_TABLE_BYTES;
const STATIC_COUNT = STATIC_ENTRIES.length;

const staticFields = STATIC_ENTRIES.map(([name, value]) => {
  const field = new Field();
  field.nameBytes = Buffer.from(name, 'latin1');
  field.nameStop = name.length;
  field.valueBytes = Buffer.from(value, 'latin1');
  field.valueStop = value.length;
  field.judgeName();
  field.judgeValue();
  return field;
});

/**
 * The header table of one connection's decoder (RFC 7541, section 2.3). A field is judged once, when
 * it enters; an index gives a field that is judged already.
 *
 *     store   ░░░ evicted ░░░│name value│name value│…│name value│ free        oldest first
 *     ring    of Field objects that point into it and are used again          newest = index 62
 */
export class HeaderTable {
  /** Counts up with every change: what was read from the table holds until then. */
  generation = 0;
  readonly #store = Buffer.allocUnsafeSlow(STORE_BYTES);
  #storeEnd = 0;
  /** Filled as entries come: a connection that is renewed often should not cost 128 of them. */
  readonly #ring: (Field | undefined)[] = new Array(MAX_ENTRIES).fill(undefined);
  /** Place in the ring of the next entry. */
  #next = 0;
  #count = 0;
  #bytes = 0;
  #maxBytes = MAX_TABLE_BYTES;

  /** The field at an index (section 2.3.3); undefined when there is none. */
  at(index: number): Field | undefined {
    if (index <= STATIC_COUNT) return staticFields[index - 1];
    const age = index - STATIC_COUNT;
    if (age > this.#count) return undefined;
    return this.#ring[(this.#next - age + MAX_ENTRIES) % MAX_ENTRIES];
  }

  /** False when it is more than was allowed. */
  resize(maxBytes: number): boolean {
    if (maxBytes > MAX_TABLE_BYTES) return false;
    this.generation++;
    this.#maxBytes = maxBytes;
    this.#evict(0);
    return true;
  }

  /** Adds a copy of the field. One that is larger than the table empties it (section 4.4). */
  insert(field: Field): void {
    const nameBytes = field.nameStop - field.nameStart;
    const valueBytes = field.valueStop - field.valueStart;
    const size = nameBytes + valueBytes + ENTRY_OVERHEAD_BYTES;
    this.generation++;
    const fits = size <= this.#maxBytes;
    if (fits && this.#storeEnd + nameBytes + valueBytes > STORE_BYTES) this.#moveToFront(field);
    const start = this.#storeEnd;
    // The name may be that of an entry which has to go, so it is copied before that.
    if (fits) field.nameBytes.copy(this.#store, start, field.nameStart, field.nameStop);
    this.#evict(size);
    if (!fits) return;
    field.valueBytes.copy(this.#store, start + nameBytes, field.valueStart, field.valueStop);
    this.#storeEnd = start + nameBytes + valueBytes;
    this.#bytes += size;
    this.#count++;
    const entry = this.#ring[this.#next] ?? new Field();
    this.#ring[this.#next] = entry;
    this.#next = (this.#next + 1) % MAX_ENTRIES;
    entry.nameBytes = entry.valueBytes = this.#store;
    entry.nameStart = start;
    entry.nameStop = entry.valueStart = start + nameBytes;
    entry.valueStop = this.#storeEnd;
    entry.nameKind = field.nameKind;
    entry.kind = field.kind;
    entry.number = field.number;
  }

  #evict(room: number): void {
    while (this.#count > 0 && this.#bytes + room > this.#maxBytes) {
      const oldest = this.at(STATIC_COUNT + this.#count) as Field;
      this.#bytes -= oldest.valueStop - oldest.nameStart + ENTRY_OVERHEAD_BYTES;
      this.#count--;
    }
  }

  /** `field`: what is about to be inserted; its name may stand in the store. */
  #moveToFront(field: Field): void {
    const oldest = this.#count > 0 ? this.at(STATIC_COUNT + this.#count) : undefined;
    const from = oldest?.nameStart ?? this.#storeEnd;
    this.#store.copyWithin(0, from, this.#storeEnd);
    this.#storeEnd -= from;
    if (field.nameBytes === this.#store) {
      field.nameStart -= from;
      field.nameStop -= from;
    }
    for (let age = 1; age <= this.#count; age++) {
      const entry = this.at(STATIC_COUNT + age) as Field;
      entry.nameStart -= from;
      entry.nameStop -= from;
      entry.valueStart -= from;
      entry.valueStop -= from;
    }
  }
}
