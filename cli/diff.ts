/** `casa diff`: what a change of manifests newly allows and newly denies. */
import { Command } from 'commander';
import type { Change } from '../compiler/diff/change.ts';
import { diffSystems } from '../compiler/diff/diff_systems.ts';
import { type FlipReport, findFlips } from '../conformance/recorded/find_flips.ts';
import { namespace } from '../conformance/recorded/replay/mas_of_run.ts';
import type { SiteOf } from '../conformance/recorded/replay/replay_recordings.ts';
import { siteOfTools } from '../conformance/recorded/replay/replay_site.ts';
import { siteOfSystem } from '../conformance/recorded/replay/site_of_system.ts';
import { readPolicyModules } from '../policies/read_modules.ts';
import { type CommandLine, type Terminal, UsageError } from './command_line.ts';
import { type CompiledManifests, compileManifests } from './compile_manifests.ts';
import { openEvaluateOn } from './evaluate_on.ts';
import { type ExitCode, exitCodes } from './exit_codes.ts';
import { renderDiff } from './render_diff.ts';
import { checkRecordings } from './replay_recorded.ts';
import { showIssues } from './show_issues.ts';

interface Options {
  readonly traces?: string;
  readonly suite?: string;
  readonly app?: string;
  readonly json?: true;
}

export const diffCommand: CommandLine = (terminal, ends) =>
  new Command('diff')
    .summary('say what a change of manifests newly allows and newly denies')
    .description(
      'Says what NEW allows that OLD denies, and the other way round, with an example call each. ' +
        'Exit code 1 when something is newly allowed, or a manifest has errors.',
    )
    .argument('<old>', 'file or folder with YAML')
    .argument('<new>', 'file or folder with YAML')
    .option('--traces <dir>', 'name the recorded calls of this folder that are decided otherwise')
    .option('--suite <name>', 'with --traces: only runs of this SOURCE-SUITE')
    .option('--app <name>', 'with --traces: the agent that made the recorded calls, where there are several')
    .option('--json', 'print everything as one JSON object')
    .action(async (oldPath: string, newPath: string, options: Options) => {
      ends(await diff(compileManifests([oldPath]), compileManifests([newPath]), options, terminal));
    });

async function diff(
  old: CompiledManifests,
  now: CompiledManifests,
  options: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  const errors = [...old.issues, ...now.issues].filter(({ severity }) => severity === 'error');
  // What was withheld would look like a change.
  if (errors.length > 0) return showIssues(errors, terminal, options.json);
  const { traces } = options;
  if (old.systems.length + now.systems.length === 0 && traces === undefined) {
    throw new UsageError('no MultiAgentSystem in these files (name them too, or recorded runs with `--traces`)');
  }
  if (traces !== undefined) checkRecordings(traces);
  const changes = diffSystems(old, now, await openEvaluateOn());
  const flips = traces === undefined ? null : await findFlipsOf(traces, old, now, options);
  terminal.stdout(
    options.json === true
      ? `${JSON.stringify({ changes, flips }, null, 2)}\n`
      : renderDiff({ old, new: now }, changes, flips),
  );
  return widens(changes, flips) ? exitCodes.issues : exitCodes.ok;
}

function widens(changes: readonly Change[], flips: FlipReport | null): boolean {
  return changes.some(({ change }) => change === 'newly_allowed') || (flips?.deniedToAllowed.count ?? 0) > 0;
}

function findFlipsOf(
  folder: string,
  old: CompiledManifests,
  now: CompiledManifests,
  options: Options,
): Promise<FlipReport> {
  return findFlips(folder, readPolicyModules().wasm, siteOf(old, options), siteOf(now, options));
}

/** Policies without a MAS are tried on the one that each run's own tools make. */
function siteOf({ systems, policies }: CompiledManifests, { app, suite }: Options): SiteOf {
  const misplaced = policies.find(({ metadata }) => systems.length === 0 && metadata.namespace !== namespace);
  if (misplaced !== undefined) {
    const name = `${misplaced.metadata.namespace}/${misplaced.metadata.name}`;
    throw new UsageError(
      `no MultiAgentSystem beside the policy \`${name}\` (name its file too, or move it to \`${namespace}\`)`,
    );
  }
  const built = siteOfSystem(systems, app ?? null);
  return (run) => {
    if (suite !== undefined && run.suite !== suite) return { kind: 'problem', why: `not of the suite \`${suite}\`` };
    return systems.length > 0 ? built : siteOfTools(run.suite, run.seen.tools, policies);
  };
}
