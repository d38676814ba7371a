/**
 * What CASA means, in plain words: which calls of an agent follow from what its user asked for. Written from the design, not
 * from the rules, and asked about the same traces: where the two disagree, one of them is wrong.
 */
import type { Answer, Arguments, Rule, Step, World } from './world.ts';

interface Selection {
  readonly tool: string;
  readonly arguments: Arguments;
  used: boolean;
}

interface Session {
  revoked: boolean;
  answers: number;
  readonly selections: Selection[];
  readonly used: Map<Rule, { calls: number; sum: number }>;
}

interface Call {
  readonly world: World;
  readonly session: Session | null;
  readonly server: string;
  readonly name: string;
  readonly arguments: Arguments;
}

/** A thing that the oracle knows; each is dropped in turn by the test, and must be missed. */
export const knowledge = [
  ...['reachable_servers', 'known_tools', 'a_session_is_needed', 'revocation', 'deny_wins', 'only_what_is_allowed'],
  ...['arguments_of_rules', 'globs', 'call_limits', 'sum_limits', 'an_answer_is_needed', 'selected_tools'],
  ...['selected_arguments', 'selection_by_name', 'selections_are_used_up', 'defaults_are_set_aside'],
  ...['a_prompt_is_a_new_session', 'checks_can_be_off'],
] as const;
export type Knowledge = (typeof knowledge)[number];

/** The answer to each call of the trace, by all that the oracle knows but `forgotten`. */
export function judge(world: World, steps: readonly Step[], forgotten: Knowledge | null = null): readonly Answer[] {
  const knows = (one: Knowledge) => one !== forgotten;
  let session: Session | null = null;
  const answers: Answer[] = [];
  for (const step of steps) {
    if (step.kind === 'prompt') {
      if (session === null || knows('a_prompt_is_a_new_session'))
        session = { revoked: false, answers: 0, selections: [], used: new Map() };
    } else if (step.kind === 'revoke') {
      if (session !== null) session.revoked = true;
    } else if (step.kind === 'answer') {
      if (session !== null) {
        session.answers += 1;
        session.selections.push(...step.selects.map((one) => ({ ...one, used: false })));
      }
    } else {
      const [server = '', name = ''] = step.tool.split('/');
      const call: Call = { world, session, server, name, arguments: step.arguments };
      const reason = refusal(call, knows);
      if (reason === 'ok') use(call, knows);
      answers.push(reason);
    }
  }
  return answers;
}

type Knows = (one: Knowledge) => boolean;

/** The first thing that speaks against the call. */
function refusal(call: Call, knows: Knows): Answer {
  const { world, session, server, name } = call;
  if (knows('reachable_servers') && world.endpoints !== null && !world.endpoints.includes(server)) {
    return 'destination_not_allowed';
  }
  if (knows('known_tools') && world.tools[`${server}/${name}`] === undefined) return 'tool_unknown';
  if (knows('a_session_is_needed') && session === null) return 'session_unknown';
  if (knows('revocation') && session?.revoked === true) return 'session_revoked';
  const byPolicy = policyRefusal(call, knows);
  if (byPolicy !== 'ok') return byPolicy;
  if (world.checksSelections || !knows('checks_can_be_off')) return selectionRefusal(call, knows);
  return 'ok';
}

/** Without rules every tool may be called; with some, only what an Allow with limits to spare matches, and any matching Deny wins. */
function policyRefusal(call: Call, knows: Knows): Answer {
  if (call.world.rules === null) return 'ok';
  const named = call.world.rules.filter((rule) => names(rule, call, knows));
  const matching = named.filter((rule) => argumentsHold(rule, call, knows));
  const denies = matching.filter(({ effect }) => effect === 'Deny' && knows('deny_wins'));
  if (denies.some(({ maxAmount }) => maxAmount === null)) return 'tool_denied_by_policy';
  if (denies.length > 0) return 'arguments_denied_by_policy';
  const allows = (rules: readonly Rule[]) => rules.filter(({ effect }) => effect === 'Allow');
  if (knows('only_what_is_allowed') && allows(named).length === 0) return 'tool_denied_by_policy';
  if (knows('only_what_is_allowed') && allows(matching).length === 0) return 'arguments_denied_by_policy';
  return allows(matching).some((rule) => withinLimits(rule, call, knows)) ? 'ok' : 'limit_exceeded';
}

function names(rule: Rule, { server, name }: Call, knows: Knows): boolean {
  const matches = (pattern: string, text: string) =>
    pattern.endsWith('*') && knows('globs') ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
  return matches(rule.server, server) && matches(rule.name, name);
}

function argumentsHold({ maxAmount }: Rule, call: Call, knows: Knows): boolean {
  const { amount } = call.arguments;
  return maxAmount === null || !knows('arguments_of_rules') || amount === undefined || amount <= maxAmount;
}

function withinLimits(rule: Rule, { session, arguments: { amount } }: Call, knows: Knows): boolean {
  const used = session?.used.get(rule) ?? unused;
  if (knows('call_limits') && rule.callsMax !== null && used.calls >= rule.callsMax) return false;
  return !knows('sum_limits') || rule.sumMax === null || (amount !== undefined && used.sum + amount <= rule.sumMax);
}

const unused = { calls: 0, sum: 0 };

/** An agent may call what its LLM selected in this session, as selected, once. */
function selectionRefusal(call: Call, knows: Knows): Answer {
  const { session } = call;
  if (knows('an_answer_is_needed') && (session?.answers ?? 0) === 0) return 'no_llm_calls_made_by_app';
  if (!knows('selected_tools') || selectionFor(call, knows) !== undefined) return 'ok';
  const named = (session?.selections ?? []).filter(({ tool }) => tool === `${call.server}/${call.name}`);
  if (named.length === 0) return 'tool_not_selected_by_llm';
  if (named.every(({ used }) => used) || named.some((one) => same(one, call, knows))) return 'selection_consumed';
  return 'selection_arguments_differ';
}

function selectionFor(call: Call, knows: Knows): Selection | undefined {
  const tool = `${call.server}/${call.name}`;
  const open = (call.session?.selections ?? []).filter((one) => one.tool === tool && !one.used);
  const byName = call.world.tools[tool]?.selection === 'name' && knows('selection_by_name');
  const anyArguments = byName || !knows('selected_arguments');
  return open.find((one) => same(one, call, knows)) ?? (anyArguments ? open[0] : undefined);
}

/** Arguments are the same where they differ in nulls and in what the tool's schema has as default only. */
function same(selection: Selection, call: Call, knows: Knows): boolean {
  const plain = ({ amount, currency, note }: Arguments) =>
    knows('defaults_are_set_aside') ? [amount, currency ?? 'EUR', note ?? null] : [amount, currency, note];
  return JSON.stringify(plain(selection.arguments)) === JSON.stringify(plain(call.arguments));
}

/** What an allowed call uses up: its selection and, unless a rule without limits allows it, the limits of the rules that could. */
function use(call: Call, knows: Knows): void {
  const selection = selectionFor(call, knows);
  if (selection !== undefined && knows('selections_are_used_up')) selection.used = true;
  const allows = (call.world.rules ?? []).filter(
    (rule) => rule.effect === 'Allow' && names(rule, call, knows) && argumentsHold(rule, call, knows),
  );
  if (allows.some(({ callsMax, sumMax }) => callsMax === null && sumMax === null)) return;
  for (const rule of allows.filter((one) => withinLimits(one, { ...call, session: null }, knows))) {
    const used = call.session?.used.get(rule) ?? unused;
    call.session?.used.set(rule, { calls: used.calls + 1, sum: used.sum + (call.arguments.amount ?? 0) });
  }
}
