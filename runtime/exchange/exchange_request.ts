/** What is asked of an exchange, once its form is read. */
import type { Protocol } from '../../policies/contract.ts';
import type { ToolCall } from '../policy/question.ts';

export interface ExchangeRequest {
  readonly subjectToken: string;
  /** The callee's app name. */
  readonly audience: string;
  /** null: a delegation to an agent. */
  readonly tool: ToolCall | null;
  readonly protocol: Protocol;
  readonly operation: string;
  /** The JSON-RPC id as JSON text; null: the call cannot be told from a second one, so it is one. */
  readonly callId: string | null;
  readonly decisionId: string;
}

/** `server/name` */
export function toolKey(tool: { readonly server: string; readonly name: string }): string {
  return `${tool.server}/${tool.name}`;
}
