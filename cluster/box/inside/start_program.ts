import { spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from '../program_flags.ts';

const tailCharactersMax = 2000;

/** Starts a program that must go on as long as the box; `ended` is told when it does not, with its last words. */
export function startProgram(program: Program, logs: string, ended: (message: string) => void): void {
  const log = join(logs, `${program.name}.log`);
  const file = openSync(log, 'a', 0o600);
  const [command = '', ...argv] = program.argv;
  const child = spawn(command, argv, { stdio: ['ignore', file, file] });
  child.on('error', (error) => ended(`${program.name} did not start: ${error.message}`));
  child.on('exit', (code, signal) => {
    const said = readFileSync(log, 'utf8').slice(-tailCharactersMax);
    ended(`${program.name} ended with ${code ?? signal}: ${said}`);
  });
}
