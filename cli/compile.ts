/** `casa compile`: writes the bundle of every MAS in manifests. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { type Bundle, emitBundle } from '../compiler/bundle.ts';
import { packBundle } from '../compiler/bundle_tar.ts';
import { CasaError } from '../policies/errors.ts';
import { readPolicyModules } from '../policies/read_modules.ts';
import type { CommandLine } from './command_line.ts';
import { compileManifests } from './compile_manifests.ts';
import { exitCodes } from './exit_codes.ts';
import { showIssues } from './show_issues.ts';

interface Options {
  readonly output: string;
  readonly json?: true;
}

export const compileCommand: CommandLine = (terminal, ends) =>
  new Command('compile')
    .summary('write the bundle of every MAS in manifests')
    .description('Writes the bundle of every MAS in manifests as a folder and as a tar.gz; none of a MAS with errors.')
    .argument('<path...>', 'files or folders with YAML')
    .requiredOption('-o, --output <dir>', 'folder to write to')
    .option('--json', 'print what was written, and all issues, as one JSON object')
    .action(async (paths: readonly string[], { output, json }: Options) => {
      const { systems, issues, read } = compileManifests(paths);
      const modules = readPolicyModules();
      const bundles = systems.map((compiled) => emitBundle(compiled, modules));
      for (const bundle of bundles) await writeBundle(bundle, output);
      const withheld = read.filter((mas) => !systems.some((compiled) => compiled.mas === mas));
      if (json === true) {
        const written = bundles.map(({ mas, revision, files }) => ({
          mas,
          revision,
          folder: join(output, mas),
          archive: join(output, `${mas}.tar.gz`),
          files: Object.keys(files),
        }));
        terminal.stdout(`${JSON.stringify({ bundles: written, withheld, issues }, null, 2)}\n`);
        ends(issues.some(({ severity }) => severity === 'error') ? exitCodes.issues : exitCodes.ok);
        return;
      }
      for (const { mas, revision } of bundles) terminal.stdout(`${mas} ${revision} ${join(output, mas)}\n`);
      for (const mas of withheld) terminal.stderr(`${mas}: not compiled\n`);
      if (bundles.length === 0 && issues.length === 0) terminal.stderr('no MultiAgentSystem in these files\n');
      ends(showIssues(issues, terminal));
    });

/** The folder is made anew, so that no file of an older bundle stays in it. */
async function writeBundle(bundle: Bundle, output: string): Promise<void> {
  const folder = join(output, bundle.mas);
  try {
    rmSync(folder, { recursive: true, force: true });
    for (const [path, bytes] of Object.entries(bundle.files)) {
      const file = join(folder, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, bytes);
    }
    writeFileSync(join(output, `${bundle.mas}.tar.gz`), await packBundle(bundle));
  } catch (cause) {
    throw new CasaError('configuration_invalid', `cannot write to \`${output}\`: ${String(cause)}`, { cause });
  }
}
