import { spawn } from 'node:child_process';
import { CasaError } from '../policies/errors.ts';

export interface ToolOptions {
  readonly env?: { readonly [name: string]: string | undefined };
  readonly cwd?: string;
  readonly stdin?: string;
  /** Ends the tool; 10 minutes when absent. */
  readonly timeoutMs?: number;
}

export interface ToolOutput {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const timeoutMsDefault = 600_000;
const shownCharactersMax = 4000;

/** Runs a program to its end; what it printed. Throws `process_failed` with its last words when it failed. */
export async function runTool(program: string, argv: readonly string[], options: ToolOptions = {}): Promise<string> {
  const { status, stdout, stderr } = await tryTool(program, argv, options);
  if (status === 0) return stdout;
  const said = `${stdout}${stderr}`.trim().slice(-shownCharactersMax);
  throw new CasaError('process_failed', `\`${program} ${argv.join(' ')}\` ended with ${status}: ${said}`);
}

/** Runs a program to its end, however it ends; 127 when there is no such program. */
export function tryTool(program: string, argv: readonly string[], options: ToolOptions = {}): Promise<ToolOutput> {
  const { env = process.env, cwd, stdin = '', timeoutMs = timeoutMsDefault } = options;
  return new Promise((resolve) => {
    const child = spawn(program, argv, { env, cwd, timeout: timeoutMs, stdio: 'pipe' });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', (error) => resolve({ status: 127, stdout, stderr: error.message }));
    child.on('close', (code) => resolve({ status: code ?? 128, stdout, stderr }));
    // It may not read what it is told.
    child.stdin.on('error', () => {});
    child.stdin.end(stdin);
  });
}
