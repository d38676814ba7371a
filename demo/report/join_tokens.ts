import type { Run } from './run.ts';

/** Tokens that the kernel saw on the wire, by keyed hash, beside those that the exchanges made. */
export interface TokenCounts {
  /** Requests with a token of CASA's. */
  readonly seen: number;
  /** Tool calls that got a token. */
  readonly calls: number;
  /** Those of them whose token the kernel saw, and the trace has it in their own session. */
  readonly joined: number;
}

export function joinTokens({ trace }: Run): TokenCounts {
  const seen = trace.flatMap((event) => (event.kind === 'flow' && event.tokenHash !== null ? [event] : []));
  const keyOf = (token: { readonly sessionId: string | null; readonly tokenHash: string | null }) =>
    `${token.sessionId} ${token.tokenHash}`;
  const known = new Set(seen.map(keyOf));
  const calls = trace.flatMap((event) =>
    event.kind === 'decision' && event.exchange && event.allow && event.tokenHash !== null ? [event] : [],
  );
  return { seen: seen.length, calls: calls.length, joined: calls.filter((call) => known.has(keyOf(call))).length };
}

/** Where the kernel layer is on, it saw tokens of tool calls. In a cluster the Linux of a node may be too old for it: there the count is only shown. */
export function judgeTokens({ kernel, mode }: Run, { calls, joined }: TokenCounts): readonly string[] {
  if (!kernel.on || mode === 'cluster' || joined > 0) return [];
  return [`the kernel saw the token of none of ${calls} tool calls`];
}

export function renderTokens({ seen, calls, joined }: TokenCounts): string {
  return `tokens seen by the kernel: ${seen}; tool calls joined with their session by it: ${joined} of ${calls}`;
}
