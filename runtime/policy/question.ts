/** A question with everything that does not apply, to be filled in by who asks. */
import type { Caller, DecisionInput, JsonObject, Phase, Tool } from '../../policies/contract.ts';
import { nothingAsked } from '../../policies/nothing_asked.ts';
import type { CompiledSystem } from '../../policies/system.ts';
import { type Parts, seconds } from '../parts.ts';

type Asked = Pick<DecisionInput, 'callee' | 'protocol' | 'operation'> &
  Partial<Omit<DecisionInput, 'phase' | 'mas' | 'now' | 'caller'>>;

/** What is not in `asked` is null, or empty. */
export function question(parts: Parts, phase: Phase, mas: string, caller: Caller | null, asked: Asked): DecisionInput {
  return {
    phase,
    mas,
    now: seconds(parts.world.now()),
    caller,
    ...nothingAsked,
    ...asked,
  };
}

/** The app as a caller, or null when the MAS has no such app. */
export function callerOf(parts: Parts, mas: string, app: string): Caller | null {
  const type = parts.policies.appType(mas, app);
  return type === null ? null : { app, type };
}

/** A tool call as it came, with its arguments. */
export interface ToolCall {
  readonly server: string;
  readonly name: string;
  readonly arguments: JsonObject;
}

/** The tool as the rules are asked about it: with arguments only where some rule reads them. */
export function toolAsAsked(system: CompiledSystem, tool: ToolCall | null): Tool | null {
  if (tool === null || system.reads_arguments) return tool;
  return { server: tool.server, name: tool.name };
}
