/** `casa` as a function: arguments in, exit code out. */
import { Command, CommanderError } from 'commander';
import { CasaError } from '../policies/errors.ts';
import { type CommandLine, type Terminal, UsageError } from './command_line.ts';
import { type ExitCode, exitCodes } from './exit_codes.ts';

/** Runs one command line; never throws. `args` are those after `casa`. */
export async function run(
  args: readonly string[],
  terminal: Terminal,
  version: string,
  commands: readonly CommandLine[],
): Promise<ExitCode> {
  let code: ExitCode = exitCodes.ok;
  const program = new Command('casa')
    .description('Ties every tool call of a multi-agent system to what the user asked for.')
    .version(version)
    .exitOverride()
    // An option after a command is of that command, also where the one above has one of the same name.
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .configureOutput({ writeOut: terminal.stdout, writeErr: terminal.stderr });
  const ends = (ended: ExitCode) => {
    code = ended;
  };
  for (const make of commands) addTo(program, make(terminal, ends));
  try {
    if (args.length === 0) {
      terminal.stderr(program.helpInformation());
      return exitCodes.usage;
    }
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return explain(error, terminal);
  }
}

/** Commands within commands end, and write, as all do. */
function addTo(parent: Command, command: Command): void {
  command.copyInheritedSettings(parent);
  for (const within of command.commands) within.copyInheritedSettings(command);
  parent.addCommand(command);
}

function explain(error: unknown, terminal: Terminal): ExitCode {
  // Commander has said it already; its code is 0 for help and version.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof UsageError) {
    terminal.stderr(`casa: ${error.message}\n`);
    return exitCodes.usage;
  }
  if (error instanceof CasaError) {
    terminal.stderr(`casa: ${error.code}: ${error.message}\n`);
    return exitCodes.error;
  }
  terminal.stderr(`casa: bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return exitCodes.error;
}
