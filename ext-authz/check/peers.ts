import { readFileSync, statSync } from 'node:fs';
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import type { PepIngress } from '../../policies/pep.ts';
import { peersMax } from '../limits.ts';
import { canonicalHost } from '../protocols/destination.ts';

/** A known address. `mas` and `app` are absent for a workload of no MAS that `ingress` may name. */
export interface KnownPeer {
  readonly mas: string | null;
  readonly app: string | null;
  readonly namespace: string | null;
  readonly workload: string | null;
}

/** The peer of an address: a known one, `null` for an unknown one, or `unreadable`: then nobody can be told to be outside. */
export type FindPeer = (address: string) => KnownPeer | null | 'unreadable';

/** Looks addresses up in the file of known ones, read again when it changes; without a file none is known. */
export function openPeers(path: string | null): FindPeer {
  if (path === null) return () => null;
  let version = '';
  let peers: ReadonlyMap<string, KnownPeer> | null = null;
  return (address) => {
    try {
      const { mtimeMs, size, ino } = statSync(path);
      const found = `${mtimeMs} ${size} ${ino}`;
      if (found !== version) {
        peers = parsePeers(JSON.parse(readFileSync(path, 'utf8')));
        version = found;
      }
    } catch {
      // INVARIANT (deny by default): without the file every address may be a workload's.
      return 'unreadable';
    }
    return peers === null ? 'unreadable' : (peers.get(address) ?? null);
  };
}

/** Who is at which address; null: this is no list of that. */
export function parsePeers(value: unknown): ReadonlyMap<string, KnownPeer> | null {
  if (!Array.isArray(value) || value.length > peersMax) return null;
  const peers = new Map<string, KnownPeer>();
  for (const entry of value as readonly unknown[]) {
    const fields = entry as Partial<Record<keyof KnownPeer | 'address', unknown>> | null; // members are checked
    if (typeof fields?.address !== 'string') return null;
    const text = (field: unknown) => (typeof field === 'string' ? field : null);
    peers.set(canonicalHost(fields.address), {
      mas: text(fields.mas),
      app: text(fields.app),
      namespace: text(fields.namespace),
      workload: text(fields.workload),
    });
  }
  return peers;
}

/** Whether a peer of no MAS is one that `ingress` lets start sessions; null lets every one. */
export function isWithinIngress(
  ingress: readonly PepIngress[] | null,
  address: string,
  peer: KnownPeer | null,
): boolean {
  if (ingress === null) return true;
  return ingress.some((rule) =>
    rule.kind === 'cidr'
      ? isWithin(rule.cidr, address)
      : peer !== null &&
        peer.namespace === rule.namespace &&
        (rule.workload === null || peer.workload === rule.workload),
  );
}

function isWithin(cidr: string, address: string): boolean {
  const [network = '', prefix = ''] = cidr.split('/');
  const family = isIPv4(network) ? 'ipv4' : 'ipv6';
  if (!isIPv4(address) && !isIPv6(address)) return false;
  if ((family === 'ipv4') !== isIPv4(address)) return false;
  try {
    const list = new BlockList();
    list.addSubnet(network, Number(prefix), family);
    return list.check(address, family);
  } catch {
    return false;
  }
}
