/** The clock of everything under test: it stands still at the behaviour's time, and moves only by `advance`. */
export interface FileClock {
  /** Milliseconds since the epoch. */
  nowMs: number;
}
