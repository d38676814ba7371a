/** A tool call as a question to the rules, with whatever a caller wants to suppose of it. */
import type { DecisionInput, JsonObject, Phase, SelectedFacts, SemanticFacts } from '../../policies/contract.ts';
import type { CompiledMas } from '../compiled_mas.ts';
import { memberOf } from '../record.ts';

export interface SupposedCall {
  readonly app: string;
  readonly server: string;
  readonly tool: string;
  readonly arguments: JsonObject;
  readonly phase: Phase;
  readonly selected: SelectedFacts | null;
  readonly semantic: SemanticFacts | null;
  /** Calls of this tool that the session has had, and what they summed up to. */
  readonly used: { readonly calls: number; readonly sum: number };
}

const now = 1_750_000_000;

/** Everything not supposed is as it is for a call that goes well: a live session that began at the caller. */
export function callQuestion({ mas, system, pep }: CompiledMas, call: SupposedCall): DecisionInput {
  const caller = memberOf(system.apps, call.app);
  const callee = memberOf(pep.apps, call.server);
  const key = `${call.server}/${call.tool}`;
  const inbound = call.phase === 'inbound';
  const ruleIds = memberOf(memberOf(caller?.tools ?? {}, call.server) ?? {}, call.tool) ?? [];
  return {
    phase: call.phase,
    mas,
    now,
    caller: caller === undefined ? null : { app: call.app, type: caller.type },
    callee:
      callee === undefined
        ? { kind: 'other', app: null, host: 'unknown.invalid', port: 1 }
        : { kind: 'app', app: call.server, host: callee.host, port: callee.port },
    protocol: 'mcp',
    operation: 'tools/call',
    tool: { server: call.server, name: call.tool, ...(system.reads_arguments ? { arguments: call.arguments } : {}) },
    token:
      call.phase === 'outbound' || call.phase === 'issue'
        ? null
        : {
            verified: true,
            sub: 'supposed',
            act: inbound ? [call.app] : [],
            aud: [inbound ? call.server : call.app],
            scope: inbound ? ['call-tools'] : ['user-input', 'call-agents', 'call-tools'],
            tools: inbound ? { [key]: true } : (caller?.reach ?? {}),
            session_id: 'supposed',
            exp: now + 300,
            call_matches: inbound ? true : null,
            audit: false,
          },
    session: call.phase === 'issue' ? null : { state: 'live' },
    selected: call.phase === 'exchange' ? call.selected : null,
    semantic: call.phase === 'exchange' ? call.semantic : null,
    counters: Object.fromEntries(ruleIds.map((id) => [id, call.used])),
    problem: null,
    start_peer: call.phase === 'issue' ? 'client' : null,
  };
}
