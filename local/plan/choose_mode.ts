import { spawnSync } from 'node:child_process';
import { CasaError } from '../../policies/errors.ts';
import { toolPath } from '../../sidecar/process/tool.ts';
import type { Mode } from './planned.ts';

const programs = ['ip', 'iptables-restore', 'setpriv', 'unshare', 'mount'];

/** The mode to run in and, when it is not the better one, why. Throws `tool_missing` when `netns` was asked for and cannot be. */
export function chooseMode(asked: Mode | null): { readonly mode: Mode; readonly because: string | null } {
  if (asked === 'ports') return { mode: 'ports', because: null };
  const obstacle = whyNoNamespaces();
  if (obstacle === null) return { mode: 'netns', because: null };
  if (asked === 'netns') throw new CasaError('tool_missing', `no network namespaces: ${obstacle}`);
  return { mode: 'ports', because: obstacle };
}

/** Why network namespaces cannot be made here; null: they can. */
export function whyNoNamespaces(): string | null {
  if (process.platform !== 'linux') return 'not Linux';
  if (process.getuid?.() !== 0) return 'not root';
  const missing = programs.filter((program) => toolPath(program) === null);
  if (missing.length > 0) return `missing ${missing.join(', ')}`;
  const probe = spawnSync(toolPath('unshare') ?? 'unshare', ['--net', '--mount', 'true'], { encoding: 'utf8' });
  return probe.status === 0 ? null : 'the kernel does not let this root make namespaces';
}
