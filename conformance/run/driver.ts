import type { CheckResult, Phase, Reason } from '../../policies/contract.ts';
import type { Behaviour, DriverName, Step } from '../format/behaviour.ts';

/** What was decided about one request on its way. */
export interface Outcome {
  readonly decision: 'allow' | 'deny';
  readonly reason: Reason;
  /** Tools of the token that travelled between the two Envoys, sorted; null where none did. */
  readonly tools: readonly string[] | null;
  /** Asked only where somebody wants to know: over the wire it means waiting for the trace. */
  explain(): Promise<Explanation>;
}

export interface Explanation {
  /** Where the last word was spoken. */
  readonly phase: Phase;
  /** The last word of each check over all phases of the request; an abstention only where it never said anything else. */
  readonly checks: readonly CheckResult[];
}

/** One behaviour under way: its systems are served, its enforcement points are fresh, its clock is set. */
export interface Run {
  /** null for a step that asks nothing. Throws CasaError where the step itself cannot be carried out. */
  runStep(step: Step): Promise<Outcome | null>;
  end(): Promise<void>;
}

/** The port: how the parts under test are reached. Every driver passes the same files. */
export interface Driver {
  readonly name: DriverName;
  begin(behaviour: Behaviour): Promise<Run>;
  close(): Promise<void>;
}
