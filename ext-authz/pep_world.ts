/** Time and chance come in from outside, so that tests can hold them still. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. */
  nowMs(): number;
  monotonicMs(): number;
}

export interface Random {
  uuid(): string;
  /** 16 hex digits. */
  spanId(): string;
}

/** What is not decided here and never twice the same. */
export interface PepWorld {
  readonly clock: Clock;
  readonly random: Random;
}
