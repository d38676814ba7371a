/** One session of a replayed run: the token it began with, what the LLM selected, and what limits are used. */
import { memberOf } from '../../../compiler/record.ts';
import type {
  Counters,
  Decision,
  DecisionInput,
  JsonObject,
  SelectedFacts,
  TokenFacts,
} from '../../../policies/contract.ts';
import { matchSelection, type StoredSelection } from '../../../runtime/exchange/match_selection.ts';
import { countedRules } from '../../../runtime/exchange/rule_counters.ts';
import type { SeenCall } from '../read/recorded_run.ts';
import type { ToolPlace } from './mas_of_run.ts';
import type { ReplaySite } from './replay_site.ts';

export type Evaluate = (input: DecisionInput) => Decision;

export interface ReplaySession {
  /** Why no session began; null: it did. */
  readonly refused: Decision | null;
  readonly intent: TokenFacts;
  /** The LLM's answer with these calls. */
  select(calls: readonly SeenCall[]): void;
  facts(place: ToolPlace, callArguments: JsonObject): SessionFacts;
  /** An exchange was allowed: what it uses up. */
  use(asked: DecisionInput, selectionKey: string | null): void;
}

export interface SessionFacts {
  readonly selected: SelectedFacts;
  readonly counters: Counters;
  /** The selection that the call uses up. */
  readonly selectionKey: string | null;
}

/** The state that the runtime keeps in its store, matched and counted by the runtime's own functions. */
export function openSession(
  site: ReplaySite,
  intent: TokenFacts,
  refused: Decision | null,
  evaluate: Evaluate,
): ReplaySession {
  const { system, pep } = site.compiled;
  let selections: readonly StoredSelection[] = [];
  let answers = 0;
  const counters = new Map<string, { calls: number; sum: number }>();
  return {
    refused,
    intent,
    select: (calls) => {
      answers += 1;
      selections = [...selections, ...calls.map((call, index) => selectionOf(site, call, `${answers}.${index}`))];
    },
    facts: (place, callArguments) => {
      const pinned = memberOf(memberOf(pep.apps, place.server)?.tools ?? {}, place.name);
      const { match, consumed, key } = matchSelection(
        {
          tool: toolKey(place),
          arguments: callArguments,
          inputSchema: pinned?.inputSchema ?? null,
          selection: pinned?.selection ?? 'exact',
        },
        selections,
      );
      return {
        selected: { calls: answers, match, consumed },
        counters: Object.fromEntries([...counters].map(([id, used]) => [id, { ...used }])),
        selectionKey: key,
      };
    },
    use: (asked, selectionKey) => {
      selections = selections.map((one) => (one.key === selectionKey ? { ...one, consumed: true } : one));
      for (const { ruleId, amount } of countedRules({ evaluate }, system, asked)) {
        const used = counters.get(ruleId) ?? { calls: 0, sum: 0 };
        counters.set(ruleId, { calls: used.calls + 1, sum: used.sum + amount });
      }
    },
  };
}

function selectionOf(site: ReplaySite, call: SeenCall, key: string): StoredSelection {
  const place = site.placeOf(call.tool);
  return { key, tool: place === null ? null : toolKey(place), arguments: call.arguments, consumed: false };
}

function toolKey({ server, name }: ToolPlace): string {
  return `${server}/${name}`;
}
