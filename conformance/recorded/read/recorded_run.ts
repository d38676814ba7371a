/** A recorded run of an agent (`agent-trace/1`), split at the door: what a check may see, and what only a report may. */
import type { JsonObject } from '../../../policies/contract.ts';

export const traceSchema = 'agent-trace/1';

export interface RecordedRun {
  readonly id: string;
  /** `source-suite`: names the policies that it is replayed against. */
  readonly suite: string;
  readonly source: string;
  readonly seen: SeenRun;
  readonly truth: Truth;
  /** Members that the format does not have: set aside, and counted in the report. */
  readonly unknownMembers: readonly string[];
}

/** What the agent's side knew. INVARIANT (replay rule): replaying takes this and never a `Truth`. */
export interface SeenRun {
  readonly prompt: string;
  /** In order of `beforeCall`. */
  readonly turns: readonly SeenTurn[];
  readonly tools: readonly OfferedTool[];
  readonly calls: readonly SeenCall[];
}

/** What the user said before the call with this index was made. */
export interface SeenTurn {
  readonly beforeCall: number;
  readonly text: string;
}

export interface OfferedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
}

export interface SeenCall {
  /** Calls of one step were chosen together. */
  readonly step: number;
  readonly tool: string;
  readonly arguments: JsonObject;
  /** What the tool answered; null: nothing was recorded. May be seen by what decides on later calls only. */
  readonly result: string | null;
  readonly error: string | null;
}

export const labels = ['benign', 'injected', 'unknown'] as const;
export type Label = (typeof labels)[number];

/** What is known afterwards; never told to a check. */
export interface Truth {
  /** One for each call. */
  readonly calls: readonly { readonly label: Label; readonly why: string }[];
}
