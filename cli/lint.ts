/** `casa lint`: says every mistake in manifests. */
import { Command } from 'commander';
import type { CommandLine } from './command_line.ts';
import { compileManifests } from './compile_manifests.ts';
import { showIssues } from './show_issues.ts';

export const lintCommand: CommandLine = (terminal, ends) =>
  new Command('lint')
    .summary('say every mistake in manifests')
    .description('Says every mistake in MultiAgentSystem and CASAPolicy manifests. Exit code 1 when there is an error.')
    .argument('<path...>', 'files or folders with YAML')
    .option('--json', 'print issues, warnings included, as one JSON object')
    .action((paths: readonly string[], { json }: { readonly json?: true }) => {
      ends(showIssues(compileManifests(paths).issues, terminal, json));
    });
