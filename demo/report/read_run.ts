import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseConversation, parseLedgerRow, parseLines, parseLogged, parseTraceEvent } from './parse_run.ts';
import type { KernelLayer, Run, TraceEvent } from './run.ts';

/** The file that `CASA_LOCAL_STATE` names. */
export interface LocalState {
  readonly mode: string;
  /** Absent: whoever ran it knows no kernel layer. */
  readonly kernel?: KernelLayer;
  /** null: the runtime vouches for its tokens itself. */
  readonly keycloakUrl?: string | null;
  readonly runtimeUrl: string;
  readonly adminTokenFile: string;
  /** Not said of a cluster. */
  readonly store?: string;
  readonly replicas?: readonly string[];
  readonly apps: readonly { readonly name: string; readonly accessLog: string | null }[];
}

const pageLimit = 1000;

/** All that the run left behind so far. */
export async function readRun(state: LocalState, out: string): Promise<Run> {
  const [answers, ledger, logs, trace] = await Promise.all([
    lines(join(out, 'bank-client', 'answers.jsonl')),
    lines(join(out, 'bank-mcp', 'ledger.jsonl')),
    Promise.all(state.apps.flatMap((app) => (app.accessLog === null ? [] : [lines(app.accessLog)]))),
    readTrace(state.runtimeUrl, (await readFile(state.adminTokenFile, 'utf8')).trim()),
  ]);
  return {
    mode: state.mode,
    kernel: state.kernel ?? { on: false, because: 'nobody said that it is on' },
    conversations: answers.map(parseConversation),
    trace,
    ledger: ledger.map(parseLedgerRow),
    logged: new Set(logs.flat().flatMap(parseLogged)),
  };
}

/** Every event of the trace that the report needs, oldest first. */
export async function readTrace(runtimeUrl: string, adminToken: string): Promise<readonly TraceEvent[]> {
  const all: TraceEvent[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const response: Response = await fetch(`${runtimeUrl}/trace?after=${after}&limit=${pageLimit}`, {
      headers: { authorization: `Bearer ${adminToken}` },
    });
    if (!response.ok) throw new Error(`the trace cannot be read: ${response.status}`);
    // the page's outer shape is documented; each event is parsed
    const page = (await response.json()) as { readonly events: readonly unknown[]; readonly next: number | null };
    all.push(...page.events.flatMap((event) => parseTraceEvent(event) ?? []));
    after = page.next;
  }
  return all;
}

async function lines(path: string): Promise<readonly unknown[]> {
  try {
    return parseLines(await readFile(path, 'utf8'));
  } catch (error) {
    // a file that nobody wrote has no lines; that is what the report then says
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
