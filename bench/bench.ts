/** What a benchmark is, and what it says. */

/** One figure beside what it is held against, measured in the same run. */
export interface Measurement {
  /** What was measured, with its sizes. */
  readonly what: string;
  readonly measured: number;
  /** A limit that the issue names, or a peer that did the same work. */
  readonly against: { readonly name: string; readonly value: number };
  /** Of both figures, such as `ms CPU`. */
  readonly unit: string;
  /** `measured` divided by `against` may be this at most; null where nothing is promised. */
  readonly ratioMax: number | null;
}

export interface Benchmark {
  readonly name: string;
  /** Resolves with the measurements, or with why they cannot be had here. */
  readonly run: () => Promise<readonly Measurement[] | { readonly skipped: string }>;
}

export function ratioOf({ measured, against }: Measurement): number {
  return measured / against.value;
}

export function holds(measurement: Measurement): boolean {
  return measurement.ratioMax === null || ratioOf(measurement) <= measurement.ratioMax;
}
