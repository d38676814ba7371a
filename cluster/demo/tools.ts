import { mkdirSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Box, kubeProgram } from '../box/open_box.ts';
import { casaFolder } from '../casa_folder.ts';
import { runTool, type ToolOptions, type ToolOutput, tryTool } from '../run_tool.ts';

/** What a user would have on the path and in the environment, for one box. */
export interface Tools {
  readonly env: { readonly [name: string]: string | undefined };
  /** What kubectl printed; throws when it failed. */
  readonly kubectl: (...argv: readonly string[]) => Promise<string>;
  readonly tryKubectl: (argv: readonly string[], options?: ToolOptions) => Promise<ToolOutput>;
  /** One of `scripts/dev/cluster_steps.sh`. */
  readonly step: (name: string) => Promise<string>;
}

const helmFlags = '--values cluster/demo/runtime_values.yaml';

export async function makeTools(box: Box): Promise<Tools> {
  const folder = join(box.folder, 'bin');
  mkdirSync(folder);
  symlinkSync(kubeProgram, join(folder, 'kubectl'));
  const helm = await runTool(process.execPath, [join(casaFolder, 'scripts/install_helm.mjs')]);
  symlinkSync(helm.trim(), join(folder, 'helm'));
  const env = {
    ...process.env,
    PATH: `${folder}${delimiter}${process.env.PATH ?? ''}`,
    // Neither reads nor writes the settings of whoever runs this.
    HOME: box.folder,
    KUBECONFIG: box.kubeconfig,
    CASA_HELM_FLAGS: helmFlags,
  };
  return {
    env,
    kubectl: (...argv) => runTool('kubectl', argv, { env }),
    tryKubectl: (argv, options = {}) => tryTool('kubectl', argv, { ...options, env }),
    step: (name) => runTool(join(casaFolder, 'scripts/dev/cluster_steps.sh'), [name], { env }),
  };
}
