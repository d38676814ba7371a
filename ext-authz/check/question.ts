import {
  type Callee,
  type Caller,
  type Decision,
  type DecisionInput,
  denial,
  type Phase,
  type SessionState,
  type StartPeer,
  type TokenFacts,
  type Tool,
} from '../../policies/contract.ts';
import type { LoadedPolicy } from '../bundle/loaded_policy.ts';
import type { Call, ToolCall } from '../protocols/call.ts';

/** The facts that differ between phases. */
export interface Question {
  readonly phase: Phase;
  readonly caller: Caller | null;
  readonly callee: Callee;
  readonly call: Call;
  readonly token: TokenFacts | null;
  readonly session: SessionState | null;
  readonly startPeer: StartPeer | null;
}

/** The decision of the policy in force. */
export function askPolicy(policy: LoadedPolicy, question: Question, nowMs: number): Decision {
  return policy.engine.evaluate(decisionInput(policy, question, nowMs));
}

/** The decision when the runtime could not be asked: the policy is told, and an allow is none. */
export function askWithoutRuntime(policy: LoadedPolicy, question: Question, nowMs: number): Decision {
  const input = decisionInput(policy, question, nowMs);
  const decision = policy.engine.evaluate({ ...input, problem: input.problem ?? 'runtime_unavailable' });
  // INVARIANT (deny by default): nothing is allowed on the word of a runtime that was not heard.
  return decision.allow ? denial('runtime_unavailable', 'REQUEST', 'the token service did not answer') : decision;
}

function decisionInput(policy: LoadedPolicy, question: Question, nowMs: number): DecisionInput {
  const { phase, caller, callee, call, token, session, startPeer } = question;
  return {
    phase,
    mas: policy.mas,
    now: Math.floor(nowMs / 1000),
    caller,
    callee,
    protocol: call.protocol,
    operation: call.operation,
    tool: call.tool === null ? null : toolFacts(call.tool, policy.system.reads_arguments),
    token,
    session: session === null ? null : { state: session },
    selected: null,
    semantic: null,
    counters: {},
    problem: call.problem,
    start_peer: startPeer,
  };
}

function toolFacts(tool: ToolCall, readsArguments: boolean): Tool {
  const { server, name } = tool;
  return readsArguments ? { server, name, arguments: tool.arguments } : { server, name };
}

/** The app of this name as a caller, or null when the system has none. */
export function callerOf(policy: LoadedPolicy, app: string | null): Caller | null {
  const known = app === null || !Object.hasOwn(policy.pep.apps, app) ? undefined : policy.pep.apps[app];
  return app === null || known === undefined ? null : { app, type: known.type };
}
