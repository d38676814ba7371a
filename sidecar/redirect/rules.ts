/** The rules that send a network namespace's traffic through its Envoy, as text for `iptables-restore --noflush`. Pure. */
import { inboundSourceAddress, inboundSourceAddress6 } from '../../compiler/envoy/options.ts';

export interface Redirection {
  readonly inboundPort: number;
  readonly outboundPort: number;
  /** The one user whose connections are left alone: Envoy's and ext-authz's. */
  readonly proxyUid: number;
  /** Addresses of the name servers that the app may ask, by UDP and TCP on port 53; of both families. */
  readonly resolvers: readonly string[];
}

export type Family = 4 | 6;

interface Place {
  readonly table: 'nat' | 'filter';
  readonly hook: 'PREROUTING' | 'INPUT' | 'OUTPUT';
}

const places: readonly Place[] = [
  { table: 'nat', hook: 'PREROUTING' },
  { table: 'nat', hook: 'OUTPUT' },
  { table: 'filter', hook: 'INPUT' },
  { table: 'filter', hook: 'OUTPUT' },
];
const tables = ['nat', 'filter'] as const;

const loopback = { 4: '127.0.0.0/8', 6: '::1/128' };
const self = { 4: '127.0.0.1/32', 6: '::1/128' };

/**
 * Makes the namespace's rules these, whatever of ours was there: `saved` is what `iptables-save` printed, empty for a new namespace.
 * Each table changes at once or not at all.
 */
// INVARIANT (deny by default): a new connection of anybody but the proxy leaves through Envoy or not at all, and one that
// arrives does so at Envoy's inbound port; other protocols do neither, questions to the name servers aside.
export function redirectRules(family: Family, redirection: Redirection, saved: string): string {
  const there = placesIn(saved);
  return restoreText((table) => {
    const own = places.filter((place) => place.table === table);
    return [
      // Declaring a chain empties it.
      ...own.map((place) => `:${chain(place)} - [0:0]`),
      ...own.flatMap((place) => rulesOf(place, family, redirection).map((rule) => `-A ${chain(place)} ${rule}`)),
      ...own.filter((place) => !there.jumps.has(place)).map((place) => `-I ${place.hook} 1 -j ${chain(place)}`),
    ];
  });
}

/** Takes away all that `redirectRules` made, as far as `saved` shows it; leaves everything else. */
export function removalRules(saved: string): string {
  const there = placesIn(saved);
  return restoreText((table) => {
    const own = places.filter((place) => place.table === table && there.chains.has(place));
    return [
      ...own.filter((place) => there.jumps.has(place)).map((place) => `-D ${place.hook} -j ${chain(place)}`),
      ...own.flatMap((place) => [`-F ${chain(place)}`, `-X ${chain(place)}`]),
    ];
  });
}

function rulesOf({ table, hook }: Place, family: Family, redirection: Redirection): readonly string[] {
  const { inboundPort, outboundPort, proxyUid } = redirection;
  const ofProxy = `-m owner --uid-owner ${proxyUid}`;
  const toInbound = `-j REDIRECT --to-ports ${inboundPort}`;
  const questions = resolversOf(family, redirection.resolvers).flatMap((address) =>
    ['udp', 'tcp'].map((protocol) => `-d ${address} -p ${protocol} --dport 53 -j RETURN`),
  );
  const neighbours = family === 6 ? ['-p ipv6-icmp -j RETURN'] : [];
  switch (`${table} ${hook}` as const) {
    case 'nat PREROUTING':
      return [`-p tcp ${toInbound}`];
    case 'nat OUTPUT':
      return [
        // Envoy to its own app.
        family === 4
          ? `-s ${inboundSourceAddress}/32 -o lo -j RETURN`
          : `-s ${inboundSourceAddress6}/128 -o lo ${ofProxy} -j RETURN`,
        // Envoy to its own workload's address: as a peer would, through the inbound side.
        `-p tcp -o lo ! -d ${self[family]} ${ofProxy} ${toInbound}`,
        `${ofProxy} -j RETURN`,
        // Loopback is the app's own.
        `-d ${loopback[family]} -j RETURN`,
        ...questions,
        `-p tcp -j REDIRECT --to-ports ${outboundPort}`,
      ];
    case 'filter INPUT':
      return [
        '-i lo -j RETURN',
        '-m conntrack --ctstate ESTABLISHED,RELATED -j RETURN',
        ...neighbours,
        `-p tcp --dport ${inboundPort} -j RETURN`,
        '-j DROP',
      ];
    default:
      return [
        '-o lo -j RETURN',
        // What was redirected has a loopback destination by now; its interface is still the old one here.
        `-d ${loopback[family]} -j RETURN`,
        `${ofProxy} -j RETURN`,
        ...questions,
        ...neighbours,
        // The last packets of a connection of the proxy have no owner.
        '-p tcp -m conntrack --ctstate ESTABLISHED -j RETURN',
        '-j REJECT',
      ];
  }
}

function resolversOf(family: Family, resolvers: readonly string[]): readonly string[] {
  return resolvers.filter((address) => address.includes(':') === (family === 6));
}

function chain({ hook }: Place): string {
  return `CASA_${hook}`;
}

/** Which of our chains, and of the jumps to them, a dump of `iptables-save` shows. */
function placesIn(saved: string): { readonly chains: ReadonlySet<Place>; readonly jumps: ReadonlySet<Place> } {
  const chains = new Set<Place>();
  const jumps = new Set<Place>();
  let table = '';
  for (const line of saved.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim();
    for (const place of places.filter((each) => each.table === table)) {
      if (line.startsWith(`:${chain(place)} `)) chains.add(place);
      if (line.trim() === `-A ${place.hook} -j ${chain(place)}`) jumps.add(place);
    }
  }
  return { chains, jumps };
}

function restoreText(linesOf: (table: 'nat' | 'filter') => readonly string[]): string {
  return tables
    .map((table) => ({ table, lines: linesOf(table) }))
    .filter(({ lines }) => lines.length > 0)
    .map(({ table, lines }) => `${[`*${table}`, ...lines, 'COMMIT'].join('\n')}\n`)
    .join('');
}
