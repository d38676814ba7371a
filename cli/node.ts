import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { type CommandLine, UsageError } from './command_line.ts';

/** `casa node`: the kernel layer of one machine (root). */
export const nodeCommand: CommandLine = () =>
  new Command('node')
    .summary("keep the kernel's rows for the apps of this machine")
    .description('Lets the cgroup of each app connect to the rows of its maps.json only (root; see bpf/README.md).')
    .requiredOption('--config <file>', 'JSON: cgroups, maps.json, where to pin')
    .action(async ({ config }: { readonly config: string }) => {
      if (!existsSync(config)) throw new UsageError(`\`${config}\` does not exist`);
      // Only here: it opens a native library, which no other subcommand needs.
      const { runAgent } = await import('../bpf/agent/run_agent.ts');
      await runAgent(config);
    });
