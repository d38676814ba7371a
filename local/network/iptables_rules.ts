import { inboundPort, inboundSourceAddress, outboundPort } from '../../compiler/envoy/options.ts';

/**
 * The namespace's rules for `iptables-restore`: TCP in both directions goes to Envoy, which alone is left alone; other
 * protocols do not leave.
 */
// INVARIANT (deny by default): a new connection of anybody but Envoy leaves through Envoy or not at all.
export function iptablesRules(proxyUid: number): string {
  const toInbound = `-j REDIRECT --to-ports ${inboundPort}`;
  return `${[
    '*nat',
    ':PREROUTING ACCEPT [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    `-A PREROUTING -p tcp ${toInbound}`,
    // Envoy to its own app.
    `-A OUTPUT -s ${inboundSourceAddress}/32 -o lo -j RETURN`,
    // Envoy to its own workload's address: as a peer would, through the inbound side.
    `-A OUTPUT -p tcp -o lo ! -d 127.0.0.1/32 -m owner --uid-owner ${proxyUid} ${toInbound}`,
    `-A OUTPUT -m owner --uid-owner ${proxyUid} -j RETURN`,
    // Loopback is the app's own.
    '-A OUTPUT -d 127.0.0.0/8 -j RETURN',
    `-A OUTPUT -p tcp -j REDIRECT --to-ports ${outboundPort}`,
    'COMMIT',
    '*filter',
    ':INPUT ACCEPT [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    // What Envoy lets in is TCP.
    '-A INPUT ! -i lo ! -p tcp -j DROP',
    `-A OUTPUT ! -o lo ! -p tcp -m owner ! --uid-owner ${proxyUid} -j REJECT`,
    // What was redirected has a loopback destination by now; its interface is still the old one here.
    `-A OUTPUT -p tcp ! -d 127.0.0.0/8 -m conntrack --ctstate NEW -m owner ! --uid-owner ${proxyUid} -j REJECT`,
    'COMMIT',
  ].join('\n')}\n`;
}
