import { isIPv6 } from 'node:net';
import { spellings } from '../../compiler/host_port.ts';
import type { Callee } from '../../policies/contract.ts';
import type { PepDocument } from '../../policies/pep.ts';

/** Host and port of an authority: lower case, port 80 where none is said, addresses in canonical form; null: unreadable. */
export function parseAuthority(authority: string): { readonly host: string; readonly port: number } | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(authority.trim());
  if (match === null) return null;
  const port = match[3] === undefined ? 80 : Number(match[3]);
  if (port < 1 || port > 65_535) return null;
  const host = match[1] === undefined ? (match[2] as string) : match[1]; // one of the two matched
  return { host: canonicalHost(host), port };
}

/** Lower case; a trailing dot means nothing; IPv4 mapped into IPv6 is IPv4. */
export function canonicalHost(host: string): string {
  const lower = host.toLowerCase().replace(/\.$/, '');
  if (!isIPv6(lower)) return lower;
  const canonical = new URL(`http://[${lower}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
  if (mapped === null) return canonical;
  const bits = Number.parseInt(mapped[1] as string, 16) * 65_536 + Number.parseInt(mapped[2] as string, 16); // both matched
  return [24, 16, 8, 0].map((shift) => Math.floor(bits / 2 ** shift) % 256).join('.');
}

/** Which of the system's apps, LLM endpoints or neither a request is for, by its authority. */
export function readCallee(authority: string, pep: PepDocument): Callee | null {
  const address = parseAuthority(authority);
  if (address === null) return null;
  for (const [app, { host, port }] of Object.entries(pep.apps)) {
    if (port === address.port && spellings(host, pep.namespace).includes(address.host)) {
      // The declared spelling: rules and rows know the app by it.
      return { kind: 'app', app, host, port };
    }
  }
  const kind = pep.llm.includes(`${address.host}:${address.port}`) ? 'llm' : 'other';
  return { kind, app: null, ...address };
}
