#!/usr/bin/env node
import { commands } from './commands.ts';
import { exitCodes } from './exit_codes.ts';
import { readVersion } from './read_version.ts';
import { run } from './run.ts';

const terminal = {
  stdout: (text: string) => void process.stdout.write(text),
  stderr: (text: string) => void process.stderr.write(text),
};
// `casa lint ... | head` ends when `head` does.
process.stdout.on('error', (error) => {
  if ('code' in error && error.code === 'EPIPE') process.exit();
  throw error;
});
const code = await run(process.argv.slice(2), terminal, readVersion(), commands);
// A subcommand that ran well may have set its own.
if (code !== exitCodes.ok) process.exitCode = code;
