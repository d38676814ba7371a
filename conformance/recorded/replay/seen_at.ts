/** What a check that decides on one call may see: the replay rule, as a type and as a value. */
import type { JsonObject } from '../../../policies/contract.ts';
import type { OfferedTool, SeenCall, SeenRun, SeenTurn } from '../read/recorded_run.ts';

/** Nothing of what came later, no label, and no verdict. */
export interface SeenAt {
  readonly prompt: string;
  /** What the user had said by then. */
  readonly turns: readonly SeenTurn[];
  readonly tools: readonly OfferedTool[];
  readonly tool: string;
  readonly arguments: JsonObject;
  /** Calls made before, with their results. */
  readonly earlier: readonly SeenCall[];
}

/** INVARIANT (replay rule): made member by member, so that nothing else comes along. null: there is no such call. */
export function seenAt(run: SeenRun, index: number): SeenAt | null {
  const call = run.calls[index];
  if (call === undefined) return null;
  return {
    prompt: run.prompt,
    turns: run.turns
      .filter(({ beforeCall }) => beforeCall <= index)
      .map(({ beforeCall, text }) => ({ beforeCall, text })),
    tools: run.tools,
    tool: call.tool,
    arguments: call.arguments,
    earlier: run.calls.slice(0, index),
  };
}
