import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { CasaError } from '../../policies/errors.ts';

const systemFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Where a system program is, also when root's PATH leaves out the `sbin` folders; null: nowhere. */
export function toolPath(program: string): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...systemFolders].filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path)) ?? null;
}

/** Runs a system program to its end; throws `process_failed` with what it said. */
export async function runTool(program: string, argv: readonly string[], stdin = ''): Promise<string> {
  const path = toolPath(program);
  if (path === null) throw new CasaError('tool_missing', `\`${program}\` is not on this machine`);
  return new Promise((resolve, reject) => {
    const child = spawn(path, argv, { stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString('utf8');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString('utf8');
    });
    // A program that ends before it has read everything says why in its exit code.
    child.stdin.on('error', () => {});
    child.on('error', (cause) => reject(new CasaError('process_failed', `cannot run \`${program}\``, { cause })));
    child.on('close', (status) => {
      if (status === 0) resolve(stdout);
      else reject(new CasaError('process_failed', `\`${program} ${argv.join(' ')}\` failed: ${stderr.trim()}`));
    });
    child.stdin.end(stdin);
  });
}
