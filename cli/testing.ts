/** For tests: a command line run in this process, with what it printed. */
import type { CommandLine } from './command_line.ts';
import { run } from './run.ts';

export async function runCommand(command: CommandLine, ...args: readonly string[]) {
  let stdout = '';
  let stderr = '';
  const terminal = {
    stdout: (text: string) => {
      stdout += text;
    },
    stderr: (text: string) => {
      stderr += text;
    },
  };
  const code = await run(args, terminal, '1.2.3', [command]);
  return { code, stdout, stderr };
}
