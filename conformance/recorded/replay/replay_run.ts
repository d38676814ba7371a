/** A run's calls through every phase, in their order, as production would decide them. */
import {
  type Decision,
  type DecisionInput,
  denial,
  type Phase,
  type SemanticFacts,
} from '../../../policies/contract.ts';
import { lacksVerdictOnly } from '../../../runtime/exchange/semantic_question.ts';
import type { SeenCall, SeenRun } from '../read/recorded_run.ts';
import type { ToolPlace } from './mas_of_run.ts';
import { callQuestion, intentToken, startQuestion, toolToken } from './questions.ts';
import { type Evaluate, openSession, type ReplaySession } from './replay_session.ts';
import type { ReplaySite } from './replay_site.ts';
import { type SeenAt, seenAt } from './seen_at.ts';

/** A verdict of the semantic check on a call; null: none, and the check blocks where it is enabled. */
export type VerdictFor = (call: SeenAt) => SemanticFacts | null | Promise<SemanticFacts | null>;

export interface Replayed {
  /** The phase that denied, or the last one. */
  readonly phase: Phase;
  readonly decision: Decision;
  /** As the MAS knows the tool; null: it does not. */
  readonly place: ToolPlace | null;
}

/** One entry for each call. A new turn of the user is a new session. */
export async function replayRun(
  site: ReplaySite,
  run: SeenRun,
  evaluate: Evaluate,
  verdictFor: VerdictFor,
): Promise<readonly Replayed[]> {
  const starts = new Set(run.turns.map(({ beforeCall }) => beforeCall));
  const replayed: Replayed[] = [];
  let session: ReplaySession | null = null;
  let step: number | null = null;
  for (const [index, call] of run.calls.entries()) {
    if (session === null || starts.has(index)) {
      session = startSession(site, evaluate);
      step = null;
    }
    if (call.step !== step) {
      session.select(chosenTogether(run, index, starts));
      step = call.step;
    }
    replayed.push(
      await replayCall(site, session, call, { evaluate, verdict: () => verdictOf(run, index, verdictFor) }),
    );
  }
  return replayed;
}

/** A recorded call is what the LLM selected: those of one step came in one answer. */
function chosenTogether(run: SeenRun, from: number, starts: ReadonlySet<number>): readonly SeenCall[] {
  const step = run.calls[from]?.step;
  let end = from + 1;
  while (run.calls[end]?.step === step && end < run.calls.length && !starts.has(end)) end += 1;
  return run.calls.slice(from, end);
}

function startSession(site: ReplaySite, evaluate: Evaluate): ReplaySession {
  const decision = evaluate(startQuestion(site));
  const intent = intentToken(site, decision.grant, decision.grant.tools);
  return openSession(site, intent, decision.allow ? null : decision, evaluate);
}

async function verdictOf(run: SeenRun, index: number, verdictFor: VerdictFor): Promise<SemanticFacts | null> {
  const seen = seenAt(run, index);
  return seen === null ? null : verdictFor(seen);
}

interface Asking {
  readonly evaluate: Evaluate;
  readonly verdict: () => Promise<SemanticFacts | null>;
}

async function replayCall(site: ReplaySite, session: ReplaySession, call: SeenCall, asking: Asking): Promise<Replayed> {
  const known = site.placeOf(call.tool);
  if (session.refused !== null) return { phase: 'issue', decision: session.refused, place: known };
  const place = known ?? unknownPlace(site, call.tool);
  if (place === null) {
    return {
      phase: 'outbound',
      decision: denial('tool_unknown', 'TOOL_KNOWN', 'the system has no server'),
      place: null,
    };
  }
  const outbound = callQuestion(site, place, call.arguments);
  const left = asking.evaluate(outbound);
  if (!left.allow) return { phase: 'outbound', decision: left, place: known };
  const facts = session.facts(place, call.arguments);
  const { selected, counters } = facts;
  const asked: DecisionInput = { ...outbound, phase: 'exchange', token: session.intent, selected, counters };
  const exchanged = await exchange(asked, asking);
  if (!exchanged.allow) return { phase: 'exchange', decision: exchanged, place: known };
  session.use(asked, facts.selectionKey);
  const granted = { ...exchanged.grant, audit: exchanged.audit_only };
  const token = toolToken(session.intent, site, place.server, granted);
  const arrived = asking.evaluate({ ...outbound, phase: 'inbound', token });
  // What Audit let through at an earlier phase is said there only.
  const decision = arrived.allow && exchanged.audit_only ? exchanged : arrived;
  return { phase: arrived.allow ? 'exchange' : 'inbound', decision, place: known };
}

/** The verdict costs more than every other check: it is asked for where nothing else blocks. */
async function exchange(asked: DecisionInput, { evaluate, verdict }: Asking): Promise<Decision> {
  const decision = evaluate(asked);
  return lacksVerdictOnly(decision) ? evaluate({ ...asked, semantic: await verdict() }) : decision;
}

/** Where a call goes whose tool nobody serves: the rules say what becomes of it. */
function unknownPlace(site: ReplaySite, tool: string): ToolPlace | null {
  const [server] = Object.keys(site.compiled.system.tools);
  return server === undefined ? null : { server, name: tool };
}
