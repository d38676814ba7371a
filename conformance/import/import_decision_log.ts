/** OPA decision logs of CASA's bundles to runs: one for each session. */
import type { JsonObject } from '../../policies/contract.ts';
import { type Imported, type ImportedCall, type ImportedRun, isObject, suiteName, textOf } from './imported.ts';
import type { ReadDocument } from './read_documents.ts';

/** The same call is asked about in several phases: it is taken where the first of these was logged. */
const phasesTaken = ['outbound', 'exchange', 'inbound'] as const;

interface Logged {
  readonly session: string;
  readonly mas: string;
  readonly phase: string;
  readonly at: string;
  readonly call: ImportedCall;
}

export function importDecisionLog(documents: readonly ReadDocument[]): Imported {
  const passedOver = new Map<string, number>();
  const passOver = (what: string) => passedOver.set(what, (passedOver.get(what) ?? 0) + 1);
  const unread: { readonly line: number; readonly why: string }[] = [];
  const sessions = new Map<string, Logged[]>();
  for (const document of documents) {
    const read = document.kind === 'problem' ? document.why : readEntry(document.value);
    if (typeof read === 'string') unread.push({ line: document.line, why: read });
    else if (read === null) passOver('decision about no tool call');
    else sessions.set(read.session, [...(sessions.get(read.session) ?? []), read]);
  }
  const runs = [...sessions].map(([session, logged]): ImportedRun => {
    const phase = phasesTaken.find((one) => logged.some((entry) => entry.phase === one));
    const taken = logged
      .filter((entry) => entry.phase === phase)
      .toSorted((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)));
    for (const { phase: other } of logged)
      if (other !== phase) passOver('decision about a call that another phase records');
    const names = [...new Set(taken.map(({ call }) => call.tool))];
    return {
      id: session,
      source: 'opa',
      suite: suiteName(taken[0]?.mas ?? ''),
      prompt: '',
      turns: [],
      tools: names.map((name) => ({ name, description: '', inputSchema: { type: 'object' } })),
      calls: taken.map(({ call }, step) => ({ ...call, step })),
    };
  });
  return { runs, unread, passedOver: Object.fromEntries(passedOver) };
}

/** One entry; null: it is about no tool call; text: why it is not understood. */
function readEntry(value: unknown): Logged | string | null {
  if (!isObject(value)) return 'no decision log entry';
  const { path, input, timestamp, decision_id: decisionId, trace_id: traceId } = value;
  if (path !== 'casa/decision') return '`path` is not `casa/decision`';
  if (!isObject(input) || typeof timestamp !== 'string') return 'no `input` or no `timestamp`';
  const { tool, token } = input;
  if (tool === null || tool === undefined) return null;
  const [server, name] = isObject(tool) ? [textOf(tool.server), textOf(tool.name)] : [null, null];
  if (!isObject(tool) || server === null || name === null) return '`input.tool` has no `server` or no `name`';
  const ofToken = isObject(token) ? textOf(token.session_id) : null;
  return {
    session: textOf(input.session_id) ?? ofToken ?? textOf(traceId) ?? textOf(decisionId) ?? '',
    mas: textOf(input.mas) ?? '',
    phase: textOf(input.phase) ?? '',
    at: timestamp,
    call: {
      step: 0,
      tool: `${server}/${name}`,
      arguments: isObject(tool.arguments) ? (tool.arguments as JsonObject) : null, // `as`: parsed from JSON text
      result: null,
      error: null,
    },
  };
}
