import type { CheckResult, Phase, Reason } from '../../policies/contract.ts';
import type { Behaviour, DriverName, Step } from '../format/behaviour.ts';

/** What was decided about one request on its way, and where. */
export interface Outcome {
  readonly decision: 'allow' | 'deny';
  readonly reason: Reason;
  readonly phase: Phase;
  /** Of the phase that had the last word. */
  readonly checks: readonly CheckResult[];
  /** Tools of the token that travelled between the two Envoys, sorted; null where none did. */
  readonly tools: readonly string[] | null;
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
