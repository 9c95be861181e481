/**
 * Instruments are plain numbers that their owner counts up; they are read only when somebody
 * scrapes. A component lists its own as `instruments`.
 */

/** How the values of several worker processes become one. */
export type Merge = 'sum' | 'max' | 'min';

interface Description {
  readonly name: string;
  readonly help: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export class Counter {
  readonly type = 'counter';
  readonly about: Description;
  value = 0;
  constructor(about: Description) {
    this.about = about;
  }
}

/** Read when scraped: nothing has to be kept up to date. */
export class Gauge {
  readonly type = 'gauge';
  readonly about: Description & { readonly merge: Merge };
  readonly read: () => number;
  constructor(about: Description & { readonly merge: Merge }, read: () => number) {
    this.about = about;
    this.read = read;
  }
}

export class Histogram {
  readonly type = 'histogram';
  readonly about: Description;
  /** Upper bounds, ascending; a last bucket takes what is above them all. */
  readonly bounds: readonly number[];
  /** Observations per bucket, not cumulated; one more than `bounds`. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(about: Description, bounds: readonly number[]) {
    this.about = about;
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    counts[bucket] = (counts[bucket] as number) + 1;
    this.sum += value;
  }
}

export type Instrument = Counter | Gauge | Histogram;

/** Bounds in seconds for durations of this service: 100 us to 1 s, fine around the 50 ms target. */
export const DURATION_BOUNDS: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1,
];
