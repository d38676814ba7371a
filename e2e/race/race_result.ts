/** What came of a tool call: as the agent saw it. */
export interface CallResult {
  readonly status: number;
  readonly body: string;
}

/** One conversation of the racing agent. */
export interface RaceResult {
  /** The call made while its last letter was still held back. */
  readonly early: CallResult;
  /** The call made at the chunk that completed it. */
  readonly atChunk: CallResult;
  /** The stream had not ended by then. */
  readonly streamWasOpen: boolean;
}
