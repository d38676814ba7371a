/** Questions that are allowed, each with at most one thing broken: what must come of it is known beforehand. */
import fc from 'fast-check';
import type { DecisionInput, JsonObject, JsonValue, Reason } from '../contract.ts';
import type { SystemDocument } from '../system.ts';
import { app, callArguments, mas, systems } from './draw.ts';

type Question = { readonly [key in keyof DecisionInput]: JsonValue };

const nothing = {
  mas,
  now: 1000,
  tool: null,
  token: null,
  session: null,
  selected: null,
  semantic: { outcome: 'match', score: 0.9, strategy: 'embeddings' },
  counters: {},
  problem: null,
  start_peer: null,
};
const teller = { app: 'teller', type: 'agent' };
const portal = { app: 'portal', type: 'client' };
const live = { state: 'live' };
const read = { server: 'ledger', name: 'read', arguments: { account: 'a' } };
const pay = { server: 'ledger', name: 'pay', arguments: { amount: 10 } };
const selected = { calls: 1, match: 'exact', consumed: false };
const token = {
  verified: true,
  sub: 'user',
  act: ['teller'],
  aud: ['teller'],
  scope: ['user-input', 'call-agents', 'call-tools'],
  tools: Object.fromEntries(['read', 'transfer', 'pay', 'wipe', 'watched'].map((name) => [`ledger/${name}`, true])),
  session_id: 's1',
  exp: 1300,
  call_matches: null,
  audit: false,
};
const call = { protocol: 'mcp', operation: 'tools/call', caller: teller, callee: app('ledger') };
const arrived = { ...token, aud: ['ledger'], scope: ['call-tools'], call_matches: true };
const exchange = { ...nothing, ...call, phase: 'exchange', tool: read, token, session: live, selected };
const delegation = { protocol: 'a2a', operation: 'SendMessage', callee: app('auditor'), tool: null, selected: null };
const llm = { kind: 'llm', app: null, host: 'llm.example.com', port: 443 };
const endpoint = { kind: 'other', app: null, host: 'rates.example.com', port: 443 };
const prompt = { ...nothing, phase: 'issue', callee: app('teller'), protocol: 'http', operation: 'prompt' };
const leaving = { ...exchange, phase: 'outbound', token: null, selected: null };

/** Allowed in every drawn system. */
export const allowed = {
  read: exchange,
  pay: { ...exchange, tool: pay },
  watched: { ...exchange, tool: { ...read, name: 'watched' } },
  clientCall: { ...exchange, caller: portal, token: { ...token, aud: ['portal'] }, selected: null },
  leaving,
  arriving: { ...exchange, phase: 'inbound', token: arrived, selected: null },
  delegation: { ...exchange, ...delegation },
  leavingDelegation: { ...leaving, ...delegation },
  arrivingDelegation: { ...exchange, ...delegation, phase: 'inbound', token: { ...token, aud: ['auditor'] } },
  outsidePrompt: { ...prompt, caller: null, start_peer: 'outside' },
  clientPrompt: { ...prompt, caller: portal, start_peer: 'client' },
  clientTool: { ...nothing, ...call, phase: 'issue', caller: portal, tool: read, start_peer: 'client' },
  llm: { ...leaving, tool: null, protocol: 'llm', operation: 'responses', callee: llm },
  models: { ...leaving, tool: null, protocol: 'llm', operation: 'models', callee: llm, session: null },
  discovery: { ...leaving, tool: null, operation: 'tools/list', session: null },
  endpoint: { ...leaving, tool: null, protocol: 'http', operation: 'POST', callee: endpoint, session: null },
  address: {
    ...leaving,
    ...{ tool: null, protocol: 'http', operation: 'POST', session: null },
    callee: { ...endpoint, host: '10.1.2.3', port: 5432 },
  },
  openPath: { ...nothing, ...call, phase: 'inbound', caller: null, protocol: 'http', operation: 'open_path' },
} satisfies { readonly [name: string]: Question };
export type AllowedName = keyof typeof allowed;

const everything = Object.keys(allowed) as readonly AllowedName[];
const exchanged: readonly AllowedName[] = ['read', 'pay', 'clientCall', 'delegation'];
const withToken: readonly AllowedName[] = [...exchanged, 'arriving', 'arrivingDelegation'];
const withSession: readonly AllowedName[] = [...withToken, 'leaving', 'leavingDelegation', 'llm'];
const llmSelected: readonly AllowedName[] = ['read', 'pay'];

interface Break {
  readonly reason: Reason;
  readonly of: readonly AllowedName[];
  /** Members to replace; those of the token are merged into it. */
  readonly change: JsonObject;
}

/** A question about another MAS is none of these: the engine has no rules to ask then, and denies by itself. */
const breaks: readonly Break[] = [
  ...(['body_truncated', 'body_too_large', 'body_malformed', 'header_body_mismatch', 'runtime_unavailable'] as const).map(
    (reason): Break => ({ reason, of: everything, change: { problem: reason } }),
  ),
  { reason: 'semantic_unavailable', of: everything, change: { problem: 'semantic_unavailable' } },
  { reason: 'policy_error', of: everything, change: { problem: 'odd' } },
  { reason: 'policy_error', of: everything, change: { now: 'noon' } },
  { reason: 'policy_missing', of: everything, change: { callee: app('__proto__') } },
  { reason: 'policy_missing', of: everything, change: { caller: { app: 'nobody', type: 'agent' } } },
  { reason: 'session_start_not_allowed', of: ['outsidePrompt', 'clientPrompt', 'clientTool'], change: { start_peer: 'workload' } },
  { reason: 'session_start_not_allowed', of: ['outsidePrompt', 'clientPrompt'], change: { callee: app('auditor'), caller: null, start_peer: 'outside' } },
  { reason: 'destination_not_allowed', of: ['leaving', 'leavingDelegation', 'read', 'delegation'], change: { callee: app('portal') } },
  { reason: 'destination_not_allowed', of: ['endpoint', 'address'], change: { callee: { ...endpoint, host: '::ffff:10.1.2.3', port: 5432 } } },
  { reason: 'protocol_not_allowed', of: ['leaving', 'read', 'pay'], change: { callee: app('auditor') } },
  { reason: 'protocol_not_allowed', of: ['leavingDelegation', 'delegation'], change: { callee: app('ledger') } },
  { reason: 'operation_not_allowed', of: ['leaving', 'read', 'arriving', 'clientCall', 'discovery', 'llm'], change: { operation: 'resources/read' } },
  { reason: 'operation_not_allowed', of: ['openPath', 'arrivingDelegation'], change: { operation: 'GET' } },
  { reason: 'tool_unknown', of: ['leaving', 'read', 'clientCall', 'clientTool'], change: { tool: { ...read, name: 'unheard_of' } } },
  { reason: 'tool_unknown', of: ['leaving', 'read', 'clientCall', 'clientTool'], change: { tool: { ...read, server: 'constructor' } } },
  { reason: 'token_missing', of: withToken, change: { token: null } },
  { reason: 'token_invalid', of: withToken, change: { token: { verified: false } } },
  { reason: 'token_invalid', of: ['arriving'], change: { token: { call_matches: false } } },
  { reason: 'token_invalid', of: ['read', 'pay', 'arriving'], change: { token: { audit: true } } },
  { reason: 'token_expired', of: withToken, change: { token: { exp: 1000 } } },
  { reason: 'token_expired', of: withSession, change: { session: { state: 'expired' } } },
  { reason: 'audience_mismatch', of: withToken, change: { token: { aud: ['mallory'] } } },
  { reason: 'insufficient_scope', of: withToken, change: { token: { scope: ['discover'] } } },
  { reason: 'session_unknown', of: withSession, change: { session: null } },
  { reason: 'session_unknown', of: withToken, change: { token: { session_id: '' } } },
  { reason: 'session_revoked', of: withSession, change: { session: { state: 'revoked' } } },
  { reason: 'runtime_unavailable', of: withSession, change: { session: { state: 'unconfirmed' } } },
  { reason: 'tool_denied_by_policy', of: ['leaving', 'read'], change: { tool: { ...read, name: 'wipe' } } },
  { reason: 'arguments_denied_by_policy', of: ['leaving', 'pay'], change: { tool: { ...pay, arguments: { amount: 101 } } } },
  { reason: 'limit_exceeded', of: ['pay'], change: { counters: { 'bank/teller#pay': { calls: 3, sum: 0 } } } },
  { reason: 'limit_exceeded', of: ['pay'], change: { counters: { 'bank/teller#pay': { calls: 1, sum: 995.5 } } } },
  { reason: 'tool_not_in_token', of: [...llmSelected, 'arriving', 'clientCall'], change: { token: { tools: { 'ledger/other': true } } } },
  { reason: 'no_llm_calls_made_by_app', of: llmSelected, change: { selected: null } },
  { reason: 'no_llm_calls_made_by_app', of: llmSelected, change: { selected: { ...selected, calls: 0 } } },
  { reason: 'tool_not_selected_by_llm', of: llmSelected, change: { selected: { ...selected, match: 'none' } } },
  { reason: 'selection_consumed', of: llmSelected, change: { selected: { ...selected, consumed: true } } },
  { reason: 'selection_arguments_differ', of: ['pay'], change: { selected: { ...selected, match: 'name' } } },
  { reason: 'tool_intent_mismatch', of: [...llmSelected, 'clientCall'], change: { semantic: { outcome: 'no_match', score: 0.1, strategy: 'hybrid' } } },
  { reason: 'tool_intent_mismatch', of: ['pay'], change: { semantic: { outcome: 'abstain', score: null, strategy: 'hybrid' } } },
];
const brokenReasons = [...new Set(breaks.map(({ reason }) => reason))];

/** Systems where the questions above are allowed: the drawn ones, with tools whose rules are known. */
export const knownSystems: fc.Arbitrary<SystemDocument> = systems.map((document) => {
  const { apps, tools, rules, checks, ...rest } = structuredClone(document.mas) as unknown as Record<string, JsonObject>;
  const plain = { policy: 'bank/teller', effect: 'Allow', enforcement: 'Enforce', arguments: null, limits: null };
  const small = { patterns: 0, clauses: [[{ path: ['amount'], keyword: 'maximum', value: 100, negated: false }]] };
  const limits = { calls_per_session: 3, sum: { argument: 'amount', max: 1000 } };
  const named = {
    'bank/teller#pay': { ...plain, arguments: small, limits },
    'bank/teller#wipe': { ...plain, effect: 'Deny' },
    'bank/teller#watched': { ...plain, effect: 'Deny', enforcement: 'Audit' },
    'bank/teller#watched-allow': plain,
  };
  const index = { pay: ['bank/teller#pay'], wipe: ['bank/teller#wipe'], watched: ['bank/teller#watched', 'bank/teller#watched-allow'] };
  const more = { selection: 'exact', reads_only: false };
  const indexed = (own: JsonObject) => ({ ledger: { ...(own.ledger as JsonObject), ...index } });
  const wider = Object.fromEntries(
    Object.entries(apps as { [name: string]: JsonObject }).map(([name, own]) => [
      name,
      name === 'teller' ? { ...own, tools: indexed(own.tools as JsonObject), reach: token.tools } : own,
    ]),
  );
  return {
    mas: {
      ...rest,
      checks,
      apps: wider,
      tools: { ledger: { ...(tools?.ledger as JsonObject), pay: more, wipe: more, watched: more } },
      rules: { ...rules, ...named },
    },
  } as unknown as SystemDocument; // built from one
});

export interface NearValid {
  readonly question: DecisionInput;
  /** What was broken; null: nothing. */
  readonly broken: Reason | null;
}

/** About half are whole; the others are broken for a reason drawn evenly. Arguments of tools without rules are odd. */
export const nearValid: fc.Arbitrary<NearValid> = fc.oneof(
  { weight: 11, arbitrary: fc.constantFrom(...everything).map((name) => ({ name, broken: null, change: {} })) },
  { weight: 9, arbitrary: fc.constantFrom(...brokenReasons).chain(brokenFor) },
).chain(({ name, broken, change }) => oddArguments.map((odd) => ({ question: assemble(allowed[name], change, odd), broken })));

const oddArguments = callArguments.map((given) => ({ arguments: given }));

function brokenFor(reason: Reason) {
  const own = breaks.filter((one) => one.reason === reason);
  return fc
    .constantFrom(...own)
    .chain(({ of, change }) => fc.constantFrom(...of).map((name) => ({ name, broken: reason, change })));
}

function assemble(whole: Question, { token: claims, ...change }: JsonObject, odd: JsonObject): DecisionInput {
  const changed: Record<string, JsonValue> = { ...whole, ...change };
  if (claims !== undefined) changed.token = claims === null ? null : { ...(whole.token as JsonObject), ...(claims as JsonObject) };
  const { tool } = changed as { tool: JsonObject | null };
  if (tool !== null && tool.name === 'read') changed.tool = { ...tool, ...odd };
  return changed as unknown as DecisionInput; // odd values are part of the test
}
