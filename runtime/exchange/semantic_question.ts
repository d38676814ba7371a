/** What the semantic check is asked about a call: out of the session and the pinned tools, nothing out of the request but the call. */
import type { Decision } from '../../policies/contract.ts';
import { pinnedTool } from '../policy/pinned_tools.ts';
import type { ServedMas } from '../policy/policy_set.ts';
import type { ToolCall } from '../policy/question.ts';
import type { SemanticQuestion } from '../semantic/semantic_check.ts';
import { outsideSubject } from '../sessions/start_session.ts';
import type { Queries } from '../store/store.ts';

/** Whether a verdict is all that the call lacks: it costs more than every other check. */
export function lacksVerdictOnly(decision: Decision): boolean {
  const blocks = decision.checks.filter((check) => check.outcome === 'BLOCK');
  return blocks.length === 1 && blocks[0]?.reason === 'semantic_unavailable';
}

/** A session's words, and those before them in its conversation. */
export type SessionWords = Pick<SemanticQuestion, 'words' | 'earlier'>;

const earlierTurnsMax = 3;

interface OwnRow {
  readonly subject: string;
  readonly entry: string;
  readonly conversation_id: string;
  readonly started_at: number;
  readonly user_input: string;
}

/** null: there is no such session. */
export async function readSessionWords(queries: Queries, mas: string, sessionId: string): Promise<SessionWords | null> {
  const [own] = await queries.query<OwnRow>(
    `select subject, entry, conversation_id, started_at, user_input from sessions where session_id = $1 and mas = $2`,
    [sessionId, mas],
  );
  if (own === undefined) return null;
  // Peers outside every MAS cannot be told apart: what one said says nothing of another.
  if (own.subject === outsideSubject) return { words: parseWords(own), earlier: [] };
  const earlier = await queries.query<Pick<OwnRow, 'user_input'>>(
    `select user_input from sessions
     where mas = $1 and subject = $2 and entry = $3 and started_at <= $4 and conversation_id = $5 and session_id <> $6
     order by started_at desc limit $7`,
    [mas, own.subject, own.entry, own.started_at, own.conversation_id, sessionId, earlierTurnsMax],
  );
  return { words: parseWords(own), earlier: earlier.map(parseWords) };
}

function parseWords({ user_input }: Pick<OwnRow, 'user_input'>): string {
  const words: unknown = JSON.parse(user_input);
  return typeof words === 'string' ? words : '';
}

/** null: the tool is not pinned, so that there is nothing to judge it by. */
export function semanticQuestion(
  served: ServedMas,
  app: string,
  tool: ToolCall,
  words: SessionWords,
): SemanticQuestion | null {
  const called = pinnedTool(served, tool.server, tool.name);
  if (called === null) return null;
  const offered = Object.entries(served.system.apps[app]?.tools ?? {}).flatMap(([server, tools]) =>
    Object.keys(tools).flatMap((name) => pinnedTool(served, server, name) ?? []),
  );
  return { ...words, tool: called, arguments: tool.arguments, offered };
}
