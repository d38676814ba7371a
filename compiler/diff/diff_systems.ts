/** What a change of manifests newly allows and newly denies: found by asking the rules of both about the same calls. */
import { compareText } from '../../crds/issue.ts';
import type { Decision } from '../../policies/contract.ts';
import type { CompiledMas } from '../compiled_mas.ts';
import { callQuestion, type SupposedCall } from '../explain/call_question.ts';
import { decidingRules, type EvaluateOn, ruleMatches } from '../explain/rule_matches.ts';
import { memberOf } from '../record.ts';
import type { Change, ToolChange } from './change.ts';
import { diffDestinations } from './diff_destinations.ts';
import { exampleArguments } from './example_arguments.ts';

/** One side: compiled, with the engine. */
export interface Side {
  readonly systems: readonly CompiledMas[];
}

/** By MAS, app, server and tool; one entry for each set of rules that decides, with an example call. */
export function diffSystems(before: Side, after: Side, evaluateOn: EvaluateOn): readonly Change[] {
  const names = [...new Set([...before.systems, ...after.systems].map(({ mas }) => mas))].sort(compareText);
  return names.flatMap((mas) => {
    const old = before.systems.find((compiled) => compiled.mas === mas) ?? null;
    const now = after.systems.find((compiled) => compiled.mas === mas) ?? null;
    const apps = namesOf(old?.system.apps, now?.system.apps);
    return apps.flatMap((app): readonly Change[] => [
      ...toolsOf(old, now).flatMap((place) => diffTool({ mas, app, ...place, old, now }, evaluateOn)),
      ...diffDestinations(mas, app, old, now),
    ]);
  });
}

interface Compared {
  readonly mas: string;
  readonly app: string;
  readonly server: string;
  readonly tool: string;
  readonly old: CompiledMas | null;
  readonly now: CompiledMas | null;
}

function toolsOf(old: CompiledMas | null, now: CompiledMas | null): readonly { server: string; tool: string }[] {
  return namesOf(old?.system.tools, now?.system.tools).flatMap((server) =>
    namesOf(old?.system.tools[server], now?.system.tools[server]).map((tool) => ({ server, tool })),
  );
}

function diffTool(compared: Compared, evaluateOn: EvaluateOn): readonly ToolChange[] {
  const found = new Map<string, ToolChange>();
  for (const call of supposedCalls(compared)) {
    const old = judge(compared.old, call, evaluateOn);
    const now = judge(compared.now, call, evaluateOn);
    if (old.allow === now.allow) continue;
    const rules = {
      old: rulesOf(compared.old, call, evaluateOn),
      new: rulesOf(compared.now, call, evaluateOn),
    };
    const change = now.allow ? 'newly_allowed' : 'newly_denied';
    const key = JSON.stringify([change, rules]);
    if (found.has(key)) continue;
    const { mas, app, server, tool } = compared;
    const example = { arguments: call.arguments, circumstance: call.circumstance, old: old.reason, new: now.reason };
    found.set(key, { kind: 'tool', mas, app, server, tool, change, rules, example });
  }
  return [...found.values()];
}

interface Circumstance extends SupposedCall {
  readonly circumstance: string;
}

/** Well-selected calls first: what is said of a tool should be its plainest example. */
function supposedCalls({ app, server, tool, old, now }: Compared): readonly Circumstance[] {
  const sides = [old, now].filter((side) => side !== null);
  const rules = sides.flatMap(({ system }) =>
    (memberOf(memberOf(memberOf(system.apps, app)?.tools ?? {}, server) ?? {}, tool) ?? []).flatMap(
      (id) => memberOf(system.rules, id) ?? [],
    ),
  );
  const pinned = sides.flatMap(({ pep }) => memberOf(memberOf(pep.apps, server)?.tools ?? {}, tool) ?? []);
  const conditions = rules.flatMap((rule) => rule.arguments ?? []);
  const given = exampleArguments(pinned.at(-1)?.inputSchema ?? {}, conditions);
  const exact = { calls: 1, match: 'exact', consumed: false } as const;
  const base = { app, server, tool, phase: 'exchange', selected: exact, semantic: fits, used: unused } as const;
  const [plain = {}] = given;
  return [
    ...given.map((callArguments) => ({ ...base, arguments: callArguments, circumstance: 'selected by the LLM' })),
    ...rules.flatMap(({ limits }) =>
      usesOf(limits).flatMap((used) =>
        given.slice(0, 1 + conditions.length).map((callArguments) => ({
          ...base,
          arguments: callArguments,
          used,
          circumstance: `after ${used.calls} calls with a sum of ${used.sum} in the session`,
        })),
      ),
    ),
    { ...base, arguments: plain, selected: { ...exact, match: 'name' }, circumstance: 'selected with other arguments' },
    { ...base, arguments: plain, selected: { ...exact, match: 'none' }, circumstance: 'not selected by the LLM' },
    { ...base, arguments: plain, semantic: { ...fits, outcome: 'no_match' }, circumstance: 'does not fit the intent' },
  ];
}

const unused = { calls: 0, sum: 0 };
const fits = { outcome: 'match', score: null, strategy: 'hybrid' } as const;

/** Just before and just at the end of a limit. */
function usesOf(limits: { calls_per_session: number | null; sum: { max: number } | null } | null) {
  const calls = limits?.calls_per_session ?? null;
  const max = limits?.sum?.max ?? null;
  return [
    ...(calls === null
      ? []
      : [
          { calls: calls - 1, sum: 0 },
          { calls, sum: 0 },
        ]),
    ...(max === null ? [] : [{ calls: 0, sum: max }]),
  ];
}

/** As the caller's side and then the runtime decide. INVARIANT (deny by default): no MAS is a denial. */
function judge(
  compiled: CompiledMas | null,
  call: SupposedCall,
  evaluateOn: EvaluateOn,
): Pick<Decision, 'allow' | 'reason'> {
  if (compiled === null || !Object.hasOwn(compiled.system.apps, call.app))
    return { allow: false, reason: 'policy_missing' };
  if (compiled.system.apps[call.app]?.type === 'client') {
    return evaluateOn(compiled.system, callQuestion(compiled, { ...call, phase: 'issue' }));
  }
  const left = evaluateOn(compiled.system, callQuestion(compiled, { ...call, phase: 'outbound' }));
  return left.allow ? evaluateOn(compiled.system, callQuestion(compiled, call)) : left;
}

function rulesOf(compiled: CompiledMas | null, call: SupposedCall, evaluateOn: EvaluateOn): readonly string[] {
  if (compiled === null) return [];
  return decidingRules(ruleMatches(compiled.system, callQuestion(compiled, call), evaluateOn)).map(({ id }) => id);
}

function namesOf(...records: readonly (object | undefined)[]): readonly string[] {
  return [...new Set(records.flatMap((one) => Object.keys(one ?? {})))].sort(compareText);
}
