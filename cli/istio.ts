/** `casa istio`: the Istio objects of manifests, as `kubectl apply -f -` takes them. */
import { Command } from 'commander';
import { emitIstio } from '../compiler/istio/emit_istio.ts';
import { istioOptions } from '../compiler/istio/options.ts';
import { renderIstio } from '../compiler/istio/render_istio.ts';
import type { CommandLine } from './command_line.ts';
import { compileManifests } from './compile_manifests.ts';
import { showIssues } from './show_issues.ts';

export const istioCommand: CommandLine = (terminal, ends) =>
  new Command('istio')
    .summary('print the Istio objects of every MAS in manifests')
    .description(
      'Prints the Istio objects of every MAS in manifests as YAML, as the controller applies them in namespaces labelled `istio-injection=enabled`; none of a MAS with errors, whose mistakes go to stderr.',
    )
    .argument('<path...>', 'files or folders with YAML')
    .action((paths: readonly string[]) => {
      const { systems, issues, read } = compileManifests(paths);
      const namespaces = [...new Set(systems.map(({ pep }) => pep.namespace))].sort();
      const objects = namespaces.flatMap((namespace) => emitIstio(namespace, systems, istioOptions));
      terminal.stdout(renderIstio(objects));
      const withheld = read.filter((mas) => !systems.some((compiled) => compiled.mas === mas));
      for (const mas of withheld) terminal.stderr(`${mas}: not compiled\n`);
      // YAML alone on stdout: it is piped on.
      ends(showIssues(issues, { stdout: terminal.stderr, stderr: terminal.stderr }));
    });
