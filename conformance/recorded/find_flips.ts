/** Recorded calls that a change of policies decides otherwise. */
import type { Reason } from '../../policies/contract.ts';
import type { Label, RecordedRun } from './read/recorded_run.ts';
import { noVerdict, replayRecordings, type SiteOf } from './replay/replay_recordings.ts';
import type { Replayed } from './replay/replay_run.ts';

/** Flips of each direction that are shown. */
export const flipsShownMax = 20;

export interface Flip {
  readonly suite: string;
  readonly run: string;
  readonly call: number;
  readonly tool: string;
  readonly arguments: string;
  readonly old: Reason;
  readonly new: Reason;
  readonly label: Label;
}

export interface Flips {
  readonly count: number;
  readonly labels: { readonly [label in Label]: number };
  /** The first of them. */
  readonly shown: readonly Flip[];
}

export interface FlipReport {
  /** Calls that both sides decided. */
  readonly replayed: number;
  readonly allowedToDenied: Flips;
  readonly deniedToAllowed: Flips;
  readonly notReplayed: {
    readonly lines: number;
    readonly calls: number;
    readonly why: { readonly [why: string]: number };
  };
}

interface OpenFlips {
  count: number;
  labels: Record<Label, number>;
  shown: Flip[];
}

/** Replays every run on both sides; a call that neither could be asked about is counted, with why. */
export async function findFlips(folder: string, wasm: Uint8Array, before: SiteOf, after: SiteOf): Promise<FlipReport> {
  const old = replayRecordings(folder, wasm, before, noVerdict);
  const allowedToDenied = openFlips();
  const deniedToAllowed = openFlips();
  const why = new Map<string, number>();
  const count = (reason: string, calls: number) => why.set(reason, (why.get(reason) ?? 0) + calls);
  let lines = 0;
  let replayed = 0;
  for await (const now of replayRecordings(folder, wasm, after, noVerdict)) {
    const { value: was } = await old.next();
    if (now.kind === 'unread') {
      lines += 1;
      count(now.why, 1);
    } else if (was?.kind !== 'run' || now.kind !== 'run') {
      const failed = was?.kind === 'not_replayed' ? was : now;
      count('why' in failed ? failed.why : 'the two sides read different files', now.run.seen.calls.length);
    } else {
      for (const [index, one] of now.calls.entries()) {
        const other = was.calls[index];
        if (other === undefined || (other.place === null && one.place === null)) {
          count('the tool is known to neither side', 1);
          continue;
        }
        replayed += 1;
        if (other.decision.allow === one.decision.allow) continue;
        addFlip(one.decision.allow ? deniedToAllowed : allowedToDenied, now.run, index, other, one);
      }
    }
  }
  const calls = [...why.values()].reduce((total, each) => total + each, 0) - lines;
  const notReplayed = { lines, calls, why: Object.fromEntries(why) };
  return { replayed, allowedToDenied, deniedToAllowed, notReplayed };
}

function addFlip(flips: OpenFlips, run: RecordedRun, index: number, was: Replayed, now: Replayed): void {
  const label = run.truth.calls[index]?.label ?? 'unknown';
  flips.count += 1;
  flips.labels[label] += 1;
  if (flips.shown.length >= flipsShownMax) return;
  const call = run.seen.calls[index];
  flips.shown.push({
    suite: run.suite,
    run: run.id.slice(0, 200),
    call: index,
    tool: call?.tool.slice(0, 200) ?? '',
    arguments: JSON.stringify(call?.arguments ?? {}).slice(0, 400),
    old: was.decision.reason,
    new: now.decision.reason,
    label,
  });
}

function openFlips(): OpenFlips {
  return { count: 0, labels: { benign: 0, injected: 0, unknown: 0 }, shown: [] };
}
