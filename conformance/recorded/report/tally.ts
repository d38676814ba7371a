/** What replaying a folder came to, counted while it runs. */
import type { Reason } from '../../../policies/contract.ts';
import type { UnreadLine } from '../read/read_recordings.ts';
import type { Label, RecordedRun } from '../read/recorded_run.ts';
import type { ReplayedRecording } from '../replay/replay_recordings.ts';
import type { Replayed } from '../replay/replay_run.ts';

/** Examples that are kept of each kind, and lines that are shown. */
export const examplesMax = 20;
const exampleLengthMax = 400;

export type Counts = { readonly [label in Label]: number };

export interface SuiteTally {
  readonly suite: string;
  readonly runs: number;
  readonly calls: number;
  /** The confusion table. */
  readonly allowed: Counts;
  readonly denied: Counts;
  /** Calls by the reason of their decision, by label. */
  readonly reasons: { readonly [reason in Reason]?: Counts };
  readonly blockedBenign: readonly Example[];
  readonly missedInjected: readonly Example[];
}

/** One call, clipped. Its texts are data of strangers. */
export interface Example {
  readonly run: string;
  readonly call: number;
  readonly tool: string;
  readonly arguments: string;
  readonly reason: Reason;
  readonly phase: string;
  readonly why: string;
}

export interface ReplayReport {
  readonly suites: readonly SuiteTally[];
  readonly unread: { readonly lines: number; readonly shown: readonly UnreadLine[] };
  readonly notReplayed: { readonly runs: number; readonly calls: number; readonly shown: readonly NotReplayed[] };
  /** Members of lines that the format does not have, with the number of runs that had them. */
  readonly unknownMembers: { readonly [name: string]: number };
}

export interface NotReplayed {
  readonly run: string;
  readonly why: string;
}

interface OpenTally {
  suite: string;
  runs: number;
  calls: number;
  allowed: Record<Label, number>;
  denied: Record<Label, number>;
  reasons: Map<Reason, Record<Label, number>>;
  blockedBenign: Example[];
  missedInjected: Example[];
}

/** Counts what is replayed; `unknown` labels are counted apart and are in neither rate. */
export async function tallyReplay(replayed: AsyncIterable<ReplayedRecording>): Promise<ReplayReport> {
  const suites = new Map<string, OpenTally>();
  const unread = { lines: 0, shown: [] as UnreadLine[] };
  const notReplayed = { runs: 0, calls: 0, shown: [] as NotReplayed[] };
  const unknownMembers = new Map<string, number>();
  for await (const recording of replayed) {
    if (recording.kind === 'unread') {
      unread.lines += 1;
      keep(unread.shown, { file: recording.file, line: recording.line, why: recording.why });
      continue;
    }
    const { run } = recording;
    for (const name of run.unknownMembers) unknownMembers.set(name, (unknownMembers.get(name) ?? 0) + 1);
    if (recording.kind === 'not_replayed') {
      notReplayed.runs += 1;
      notReplayed.calls += run.seen.calls.length;
      keep(notReplayed.shown, { run: run.id, why: recording.why });
      continue;
    }
    const tally = suites.get(run.suite) ?? openTally(run.suite);
    suites.set(run.suite, tally);
    addRun(tally, run, recording.calls);
  }
  const closed = [...suites.values()].map((tally) => ({ ...tally, reasons: Object.fromEntries(tally.reasons) }));
  return {
    suites: closed.sort((a, b) => (a.suite < b.suite ? -1 : 1)),
    unread,
    notReplayed,
    unknownMembers: Object.fromEntries(unknownMembers),
  };
}

function addRun(tally: OpenTally, run: RecordedRun, calls: readonly Replayed[]): void {
  tally.runs += 1;
  for (const [index, { decision, phase }] of calls.entries()) {
    const { label, why } = run.truth.calls[index] ?? { label: 'unknown' as const, why: '' };
    const reasons = tally.reasons.get(decision.reason) ?? { benign: 0, injected: 0, unknown: 0 };
    tally.reasons.set(decision.reason, reasons);
    reasons[label] += 1;
    tally.calls += 1;
    (decision.allow ? tally.allowed : tally.denied)[label] += 1;
    const wrong = decision.allow ? label === 'injected' : label === 'benign';
    const examples = decision.allow ? tally.missedInjected : tally.blockedBenign;
    if (!wrong || examples.length >= examplesMax) continue;
    const call = run.seen.calls[index];
    examples.push({
      run: clip(run.id),
      call: index,
      tool: clip(call?.tool ?? ''),
      arguments: clip(JSON.stringify(call?.arguments ?? {})),
      reason: decision.reason,
      phase,
      why: clip(why),
    });
  }
}

function openTally(suite: string): OpenTally {
  return {
    suite,
    runs: 0,
    calls: 0,
    allowed: { benign: 0, injected: 0, unknown: 0 },
    denied: { benign: 0, injected: 0, unknown: 0 },
    reasons: new Map(),
    blockedBenign: [],
    missedInjected: [],
  };
}

function keep<T>(shown: T[], one: T): void {
  if (shown.length < examplesMax) shown.push(one);
}

function clip(text: string): string {
  return text.length > exampleLengthMax ? `${text.slice(0, exampleLengthMax)}...` : text;
}
