import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { runTool } from '../process/tool.ts';
import { type Family, type Redirection, redirectRules, removalRules } from './rules.ts';

const programs = { 4: 'iptables', 6: 'ip6tables' };

/** Redirects the traffic of the network namespace that this process is in; again and again is once. Throws `process_failed`. */
export async function applyRedirection(redirection: Redirection): Promise<void> {
  await change((family, saved) => redirectRules(family, redirection, saved));
}

/** Undoes `applyRedirection`. */
export async function removeRedirection(): Promise<void> {
  await change((_family, saved) => removalRules(saved));
}

/** The addresses of the name servers in a `resolv.conf`. */
export function readResolvers(path = '/etc/resolv.conf'): readonly string[] {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  return lines.flatMap((line) => {
    const [keyword, address = ''] = line.trim().split(/\s+/);
    return keyword === 'nameserver' && isIP(address) !== 0 ? [address] : [];
  });
}

async function change(rules: (family: Family, saved: string) => string): Promise<void> {
  // A kernel without IPv6 has nothing that could go round.
  const families: readonly Family[] = existsSync('/proc/net/if_inet6') ? [4, 6] : [4];
  for (const family of families) {
    const saved = await runTool(`${programs[family]}-save`, []);
    await runTool(`${programs[family]}-restore`, ['-w', '--noflush'], rules(family, saved));
  }
}
