/** Bytes for a connection of their own. */
export interface RawRequest {
  readonly id: string;
  /** `host:port`. */
  readonly to: string;
  readonly base64: string;
  readonly ends: boolean;
}

/** One HTTP answer; a connection may give several. */
export interface RawAnswer {
  readonly status: number;
  readonly body: string;
  /** The reason that the body gives, whichever form it has; null: none. */
  readonly reason: string | null;
}

export interface RawAnswers {
  readonly id: string;
  /** Empty: the connection ended without one. */
  readonly answers: readonly RawAnswer[];
  /** Nothing ended the connection: it was given up. */
  readonly silent: boolean;
}
