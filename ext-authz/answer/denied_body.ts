import type { JsonValue, Reason } from '../../policies/contract.ts';
import helpTexts from '../../policies/reasons.json' with { type: 'json' };
import type { Problem } from '../../policies/wire.ts';
import type { Call } from '../protocols/call.ts';
import type { DeniedBody } from './answer.ts';

/** -32000 to -32019 are an implementation's own; 2 to 9 are A2A's (facts/protocols.md). */
const mcpDenied = -32001;
const a2aDenied = -32050;

/** Who has no good token, or no readable body, is not told inside the protocol: no client can mend it by asking otherwise. */
const alwaysForbidden: ReadonlySet<Reason> = new Set([
  'token_missing',
  'token_invalid',
  'token_expired',
  'audience_mismatch',
  'body_truncated',
  'body_too_large',
  'body_malformed',
  'header_body_mismatch',
]);

/** How a denial looks on the wire to the one who asked (DESIGN 5.5). `call` is null when the request was not even read. */
export function deniedBody(
  call: Call | null,
  reason: Reason,
  decisionId: string,
  denials: 'jsonrpc' | 'http403',
): DeniedBody {
  if (call === null || alwaysForbidden.has(reason)) {
    return call?.protocol === 'llm' ? openAiError(reason, decisionId) : problem(reason, decisionId);
  }
  switch (call.protocol) {
    case 'llm':
      return openAiError(reason, decisionId);
    case 'mcp':
      if (call.rpcId === undefined) return problem(reason, decisionId);
      return rpcError(denials === 'jsonrpc' ? 200 : 403, mcpDenied, call.rpcId, reason, decisionId);
    case 'a2a':
      if (call.rpcId === undefined) return problem(reason, decisionId);
      return rpcError(403, a2aDenied, call.rpcId, reason, decisionId);
    default:
      return problem(reason, decisionId);
  }
}

function rpcError(status: number, code: number, id: JsonValue, reason: Reason, decisionId: string): DeniedBody {
  const error = { code, message: `denied: ${helpTexts[reason]}`, data: { reason, decision_id: decisionId } };
  return { status, contentType: 'application/json', body: JSON.stringify({ jsonrpc: '2.0', id, error }) };
}

/** The error body that OpenAI's clients read; Anthropic's want the outer `type` as well. */
export function openAiError(reason: Reason, decisionId: string): DeniedBody {
  const error = {
    message: `denied: ${helpTexts[reason]}`,
    type: 'permission_error',
    param: null,
    code: reason,
    decision_id: decisionId,
  };
  return { status: 403, contentType: 'application/json', body: JSON.stringify({ type: 'error', error }) };
}

function problem(reason: Reason, decisionId: string): DeniedBody {
  const body: Problem & { readonly decision_id: string } = {
    type: 'about:blank',
    title: 'Forbidden',
    status: 403,
    detail: helpTexts[reason],
    reason,
    decision_id: decisionId,
  };
  return { status: 403, contentType: 'application/problem+json', body: JSON.stringify(body) };
}
