/** What a subcommand may touch of the terminal, so that tests can read along. */
import type { Command } from 'commander';
import type { ExitCode } from './exit_codes.ts';

export interface Terminal {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

/** Makes one subcommand of `casa`; `ends` takes what it ended with, where it does not set `process.exitCode` itself. */
export type CommandLine = (terminal: Terminal, ends: (code: ExitCode) => void) => Command;

/** The user asked for something that cannot be: told in one line, with a way out. */
export class UsageError extends Error {}
