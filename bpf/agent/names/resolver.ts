import { Resolver as DnsResolver } from 'node:dns/promises';
import type { MapRow } from '../../../policies/maps.ts';

/** What stands in a row instead of an address. */
export type Name =
  | { readonly kind: 'service'; readonly name: string; readonly namespace: string }
  | { readonly kind: 'fqdn'; readonly fqdn: string };

export interface Answer {
  readonly addresses: readonly string[];
  readonly ttlMs: number;
}

/** Rejects when a name cannot be resolved now. */
export type Resolver = (name: Name) => Promise<Answer>;

/** Addresses that the configuration says, by `NAME.NAMESPACE` or FQDN. */
export interface Hosts {
  readonly [name: string]: readonly string[];
}

const hostsTtlMs = 3_600_000;
const dnsTimeoutMs = 2_000;

/** The name of a row, null when it has an address. */
export function nameOf(row: MapRow): Name | null {
  if ('cidr' in row) return null;
  return 'fqdn' in row
    ? { kind: 'fqdn', fqdn: row.fqdn }
    : { kind: 'service', name: row.name, namespace: row.namespace };
}

export function nameText(name: Name): string {
  return name.kind === 'fqdn' ? name.fqdn : `${name.name}.${name.namespace}`;
}

/** Answers from the configuration, and asks DNS for the rest. */
export function openResolver(hosts: Hosts, clusterDomain: string): Resolver {
  const dns = new DnsResolver({ timeout: dnsTimeoutMs, tries: 2 });
  return async (name) => {
    const text = nameText(name);
    const addresses = Object.hasOwn(hosts, text) ? hosts[text] : undefined;
    if (addresses !== undefined) return { addresses, ttlMs: hostsTtlMs };
    // The dot at the end keeps search domains out.
    return askDns(dns, name.kind === 'fqdn' ? `${text}.` : `${text}.svc.${clusterDomain}.`);
  };
}

/** One of the two families may have no answer; the error of both is the error. */
async function askDns(dns: DnsResolver, name: string): Promise<Answer> {
  const asked = await Promise.allSettled([dns.resolve4(name, { ttl: true }), dns.resolve6(name, { ttl: true })]);
  const records = asked.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  const failed = asked.find((answer) => answer.status === 'rejected');
  if (records.length === 0 && failed !== undefined) throw failed.reason;
  const ttlSeconds = records.reduce((least, { ttl }) => Math.min(least, ttl), hostsTtlMs / 1_000);
  return { addresses: records.map(({ address }) => address), ttlMs: ttlSeconds * 1_000 };
}
