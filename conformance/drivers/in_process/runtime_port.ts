/** The token service asked by calling its own functions: no HTTP, no client assertions, the same decisions. */
import type {
  ExchangeParameters,
  RuntimeClient,
  StartParameters,
} from '../../../ext-authz/runtime_client/runtime_client.ts';
import type { Protocol } from '../../../policies/contract.ts';
import { CasaError } from '../../../policies/errors.ts';
import { clientId, paths } from '../../../policies/wire.ts';
import type { Client } from '../../../runtime/clients/client.ts';
import { exchangeToken } from '../../../runtime/exchange/exchange_token.ts';
import { parseArguments } from '../../../runtime/exchange/parse_arguments.ts';
import type { Parts } from '../../../runtime/parts.ts';
import type { ToolCall } from '../../../runtime/policy/question.ts';
import { introspectToken } from '../../../runtime/sessions/introspect_token.ts';
import { issueAppToken } from '../../../runtime/sessions/issue_app_token.ts';
import { parseSelectionsRequest, recordSelections } from '../../../runtime/sessions/record_selections.ts';
import { readRevocations } from '../../../runtime/sessions/revoke_session.ts';
import { startSession } from '../../../runtime/sessions/start_session.ts';
import { topics } from '../../../runtime/traces/news.ts';
import type { AppRef } from '../../journey/app_ref.ts';

/** How far an enforcement point has followed the revocation feed. */
export interface FeedPosition {
  /** Sequence that its latest poll asked for news after; null before the first. */
  after: number | null;
}

/** `client` is taken as authenticated: proving that is the wire's part, and the other driver's. */
export function openRuntimePort(parts: Parts, { mas, app }: AppRef, position: FeedPosition): RuntimeClient {
  const client: Client = { clientId: clientId(mas, app), mas, app };
  return {
    startSession: (parameters) => startSession(parts, client, startOf(parameters)),
    exchange: async (parameters) => exchangeToken(parts, client, exchangeOf(parameters)),
    appToken: (audience, decisionId) => issueAppToken(parts, client, { audience, decisionId }),
    introspect: async (token) => ({ active: (await introspectToken(parts, client, token)).active }),
    postJson: async (path, body) => {
      if (path !== paths.selections) throw new CasaError('bug', `nothing is posted to ${path} in process`);
      const request = parseSelectionsRequest(body, client);
      if (typeof request === 'string') return 400;
      return (await recordSelections(parts, client, request)).kind === 'stored' ? 200 : 403;
    },
    get: async (path, headers, signal) => {
      if (!path.startsWith(paths.revocations(mas)))
        throw new CasaError('bug', `nothing is read from ${path} in process`);
      const after = Number(/[?&]after=(\d+)/.exec(path)?.[1] ?? 0);
      const waitMs = Number(/wait=(\d+)/.exec(headers.prefer ?? '')?.[1] ?? 0) * 1000;
      position.after = after;
      return Response.json(await pollRevocations(parts, mas, { after, waitMs, signal }));
    },
  };
}

async function pollRevocations(
  parts: Parts,
  mas: string,
  poll: { readonly after: number; readonly waitMs: number; readonly signal: AbortSignal },
) {
  const news = parts.news.next(topics.revocations(mas), poll.waitMs, poll.signal);
  const known = await readRevocations(parts.store, mas, poll.after);
  if (known.revoked.length > 0) return known;
  await news;
  return readRevocations(parts.store, mas, poll.after);
}

function startOf(parameters: StartParameters) {
  return { ...parameters, tool: toolOf(parameters.tool) };
}

function exchangeOf(parameters: ExchangeParameters) {
  // A protocol that is none is no key of any rule.
  return { ...parameters, protocol: parameters.protocol as Protocol, tool: toolOf(parameters.tool) };
}

function toolOf(tool: { readonly id: string; readonly arguments: string } | null): ToolCall | null {
  if (tool === null) return null;
  const callArguments = parseArguments(tool.arguments);
  if (callArguments === null) throw new CasaError('runtime_unavailable', 'the arguments cannot be read');
  const slash = tool.id.indexOf('/');
  return { server: tool.id.slice(0, slash), name: tool.id.slice(slash + 1), arguments: callArguments };
}
