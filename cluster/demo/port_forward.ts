import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { CasaError } from '../../policies/errors.ts';
import type { Tools } from './tools.ts';

/** A way from this machine's loopback to a Service. */
export interface PortForward {
  readonly url: string;
  readonly close: () => void;
}

/** `target` is `service/name`; the local port is any free one. */
export function openPortForward({ env }: Tools, namespace: string, target: string, port: number): Promise<PortForward> {
  const child = spawn('kubectl', ['-n', namespace, 'port-forward', target, `:${port}`], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  return new Promise((resolve, reject) => {
    const failed = () => reject(new CasaError('process_failed', `no way to ${target}: ${said}`));
    child.on('error', failed);
    child.on('exit', failed);
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [, local] = /127\.0\.0\.1:(\d+)/.exec(line) ?? [];
      if (local !== undefined) resolve({ url: `http://127.0.0.1:${local}`, close: () => child.kill() });
    });
  });
}
