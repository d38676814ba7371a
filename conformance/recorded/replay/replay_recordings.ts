/** A folder of recordings, replayed run by run. */
import { PolicyEngine } from '../../../policies/engine/engine.ts';
import { readRecordings, type UnreadLine } from '../read/read_recordings.ts';
import type { RecordedRun } from '../read/recorded_run.ts';
import { rememberDecisions } from './remember_decisions.ts';
import { type Replayed, replayRun, type VerdictFor } from './replay_run.ts';
import type { Evaluate } from './replay_session.ts';
import type { BuiltSite, ReplaySite } from './replay_site.ts';

export type ReplayedRecording =
  | { readonly kind: 'run'; readonly run: RecordedRun; readonly calls: readonly Replayed[] }
  | { readonly kind: 'not_replayed'; readonly run: RecordedRun; readonly why: string }
  | ({ readonly kind: 'unread' } & UnreadLine);

/** The MAS that a run is replayed on. */
export type SiteOf = (run: RecordedRun) => BuiltSite;

type OpenSite =
  | { readonly kind: 'site'; readonly site: ReplaySite; readonly evaluate: Evaluate }
  | { readonly kind: 'problem'; readonly why: string };

/** The default: there is no semantic check. */
export const noVerdict: VerdictFor = () => null;

/** Replays every run that can be; runs of one suite with the same tools share a MAS. */
export async function* replayRecordings(
  folder: string,
  wasm: Uint8Array,
  siteOf: SiteOf,
  verdictFor: VerdictFor = noVerdict,
): AsyncGenerator<ReplayedRecording> {
  const engine = await PolicyEngine.open(wasm);
  const sites = new Map<string, OpenSite>();
  for await (const recording of readRecordings(folder)) {
    if (recording.kind === 'unread') {
      yield recording;
      continue;
    }
    const { run } = recording;
    const key = JSON.stringify([run.suite, run.seen.tools]);
    const open = sites.get(key) ?? openSite(engine, siteOf(run));
    sites.set(key, open);
    if (open.kind === 'problem') yield { kind: 'not_replayed', run, why: open.why };
    else yield { kind: 'run', run, calls: await replayRun(open.site, run.seen, open.evaluate, verdictFor) };
  }
}

function openSite(engine: PolicyEngine, built: BuiltSite): OpenSite {
  if (built.kind === 'problem') return built;
  const { mas, system } = built.site.compiled;
  engine.load(mas, { mas: system }, mas);
  return { ...built, evaluate: rememberDecisions((input) => engine.evaluate(input)) };
}
