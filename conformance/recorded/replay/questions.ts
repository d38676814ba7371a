/** The questions of one tool call, as ext-authz and the runtime ask them. */

import { memberOf } from '../../../compiler/record.ts';
import type { Callee, DecisionInput, JsonObject, Phase, TokenFacts, Tool } from '../../../policies/contract.ts';
import { nothingAsked } from '../../../policies/nothing_asked.ts';
import { outsideSubject } from '../../../runtime/sessions/start_session.ts';
import type { ToolPlace } from './mas_of_run.ts';
import type { ReplaySite } from './replay_site.ts';

/** A recording has no clock that decides anything: it stands still, and no token runs out. */
const now = 1_750_000_000;
const tokenTtlSeconds = 300;
const sessionId = 'recorded';

/** The user's words arrive from outside. */
export function startQuestion(site: ReplaySite): DecisionInput {
  return {
    ...question('issue', site, site.agent),
    caller: null,
    protocol: 'a2a',
    operation: 'prompt',
    start_peer: 'outside',
  };
}

/** The call as it leaves the agent; the other phases add to it. */
export function callQuestion(site: ReplaySite, { server, name }: ToolPlace, callArguments: JsonObject): DecisionInput {
  const tool: Tool = { server, name };
  return {
    ...question('outbound', site, server),
    tool: site.compiled.system.reads_arguments ? { ...tool, arguments: callArguments } : tool,
    session: { state: 'live' },
  };
}

/** The token that the session began with. */
export function intentToken(
  site: ReplaySite,
  granted: Pick<TokenFacts, 'scope'>,
  tools: readonly string[],
): TokenFacts {
  return {
    verified: true,
    sub: outsideSubject,
    act: [],
    aud: [site.agent],
    scope: granted.scope,
    tools: nameSet(tools),
    session_id: sessionId,
    exp: now + tokenTtlSeconds,
    call_matches: null,
    audit: false,
  };
}

/** The token that the exchange minted for this very call. */
export function toolToken(intent: TokenFacts, site: ReplaySite, server: string, granted: GrantedTool): TokenFacts {
  return {
    ...intent,
    act: [site.agent],
    aud: [server],
    scope: granted.scope,
    tools: nameSet(granted.tools),
    call_matches: true,
    audit: granted.audit,
  };
}

export interface GrantedTool {
  readonly scope: TokenFacts['scope'];
  readonly tools: readonly string[];
  readonly audit: boolean;
}

function question(phase: Phase, site: ReplaySite, to: string): DecisionInput {
  return {
    phase,
    mas: site.compiled.mas,
    now,
    caller: { app: site.agent, type: 'agent' },
    callee: calleeOf(site, to),
    protocol: 'mcp',
    operation: 'tools/call',
    ...nothingAsked,
  };
}

function calleeOf(site: ReplaySite, app: string): Callee {
  const known = memberOf(site.compiled.pep.apps, app);
  return known === undefined
    ? { kind: 'other', app: null, host: 'unknown.invalid', port: 1 }
    : { kind: 'app', app, host: known.host, port: known.port };
}

function nameSet(names: readonly string[]): TokenFacts['tools'] {
  return Object.fromEntries(names.map((name) => [name, true as const]));
}
