/** A folder of recordings against policies of their suites, to a report. */
import { readPolicyModules } from '../../policies/read_modules.ts';
import type { RecordedRun } from './read/recorded_run.ts';
import { noVerdict, replayRecordings } from './replay/replay_recordings.ts';
import type { VerdictFor } from './replay/replay_run.ts';
import { siteOfTools } from './replay/replay_site.ts';
import { ownPolicies, readSuitePolicies } from './replay/suite_policies.ts';
import { type ReplayReport, tallyReplay } from './report/tally.ts';

export interface ReplayOptions {
  /** Folder with `<source>-<suite>.yaml` or `<source>.yaml`; absent: the house's own. */
  readonly policies?: string;
  /** Given: `AI_POWERED_TOOL_MATCH` is enabled, and this is its verdict. */
  readonly verdictFor?: VerdictFor;
}

/** Throws `configuration_invalid` for policies with errors; what is wrong with recordings is counted in the report. */
export function replayFolder(folder: string, options: ReplayOptions = {}): Promise<ReplayReport> {
  const { policies = ownPolicies, verdictFor } = options;
  const siteOf = ({ suite, source, seen }: RecordedRun) =>
    siteOfTools(suite, seen.tools, readSuitePolicies(policies, suite, source).policies, verdictFor !== undefined);
  return tallyReplay(replayRecordings(folder, readPolicyModules().wasm, siteOf, verdictFor ?? noVerdict));
}
