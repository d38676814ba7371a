/** What the MAS does not say about one workload's Envoy: where it runs, and how it is plugged in. */
export type EnvoyOptions = SidecarOptions | PortsOptions;

interface CommonOptions {
  /** The app beside which this Envoy stands; it must be one of the MAS. */
  readonly app: string;
  /** The unix socket of ext-authz. */
  readonly checkSocket: string;
  /** The unix socket of Envoy's own admin interface. */
  readonly adminSocket: string;
  /** JSON lines are appended here. */
  readonly accessLog: string;
}

/** Connections reach Envoy by iptables REDIRECT: the app is unmodified. */
export interface SidecarOptions extends CommonOptions {
  readonly mode: 'sidecar';
  /** Where the app's process listens, when that is not the port of the MAS: a Service may lead to another one. */
  readonly appPorts: readonly number[] | null;
  /** Whether the workload has IPv6 at all: what comes and goes by it is then held to the same. */
  readonly ipv6: boolean;
}

/** No interception: the app is pointed at one loopback port of its Envoy for each destination. */
export interface PortsOptions extends CommonOptions {
  readonly mode: 'ports';
  /** null: the app listens on nothing (a client). */
  readonly inbound: { readonly port: number; readonly appPort: number } | null;
  readonly outbound: readonly PortsDestination[];
  /** The loopback address that this app's Envoy connects from: by it the callee's side knows the caller. */
  readonly sourceAddress: string;
}

export interface PortsDestination {
  /** The loopback port of this Envoy. */
  readonly port: number;
  /** As requests name it: `host:port` of the MAS. */
  readonly authority: string;
  /** The loopback port that stands for it here. */
  readonly upstreamPort: number;
}

/** Where iptables sends what arrives at the workload. */
export const inboundPort = 15001;
/** Where iptables sends what the app connects to. */
export const outboundPort = 15002;
/** iptables leaves connections from here alone: Envoy to its own app. */
export const inboundSourceAddress = '127.0.0.6';
/** The same in IPv6, which has one loopback address: the user tells Envoy from the app there. */
export const inboundSourceAddress6 = '::1';
/** The user that Envoy and ext-authz run as beside a workload: its connections are left alone. */
export const proxyUid = 1337;
