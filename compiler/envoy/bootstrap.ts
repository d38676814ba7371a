/** The parts of Envoy's bootstrap (v3 API) that CASA emits, with Envoy's own names. */

export interface EnvoyBootstrap {
  readonly node: { readonly id: string; readonly cluster: string };
  readonly admin: { readonly address: PipeAddress };
  readonly static_resources: { readonly listeners: readonly Listener[]; readonly clusters: readonly Cluster[] };
  readonly overload_manager: { readonly resource_monitors: readonly Extension[] };
}

/** `google.protobuf.Any` in JSON. */
export interface TypedConfig {
  readonly '@type': string;
}

/** A named extension. */
export interface Extension<Config extends TypedConfig = TypedConfig> {
  readonly name: string;
  readonly typed_config: Config;
}

export interface SocketAddress {
  readonly socket_address: { readonly address: string; readonly port_value: number };
}
export interface PipeAddress {
  /** `mode` is in decimal. */
  readonly pipe: { readonly path: string; readonly mode?: number };
}

export interface Listener {
  readonly name: string;
  readonly address: SocketAddress;
  readonly additional_addresses?: readonly { readonly address: SocketAddress }[];
  readonly per_connection_buffer_limit_bytes: number;
  readonly listener_filters: readonly ListenerFilter[];
  readonly filter_chains: readonly FilterChain[];
}

export interface ListenerFilter extends Extension {
  /** Destination ports at which the filter does not look into the bytes. */
  readonly filter_disabled?:
    | { readonly or_match: { readonly rules: readonly DestinationPortRange[] } }
    | DestinationPortRange;
}
export interface DestinationPortRange {
  readonly destination_port_range: { readonly start: number; readonly end: number };
}

export interface FilterChain {
  readonly name: string;
  readonly filter_chain_match?: {
    readonly destination_port?: number;
    readonly prefix_ranges?: readonly { readonly address_prefix: string; readonly prefix_len: number }[];
    readonly application_protocols?: readonly string[];
  };
  readonly filters: readonly Extension[];
}

export interface Cluster {
  readonly name: string;
  readonly type?: 'STATIC' | 'ORIGINAL_DST';
  readonly cluster_type?: Extension;
  readonly connect_timeout: string;
  readonly [field: string]: unknown;
}

export interface VirtualHost {
  readonly name: string;
  readonly domains: readonly string[];
  readonly routes: readonly Route[];
}

export interface Route {
  readonly name: string;
  readonly match: { readonly prefix: string };
  readonly route?: { readonly cluster: string; readonly timeout: string };
  readonly direct_response?: { readonly status: number; readonly body: { readonly inline_string: string } };
  readonly response_headers_to_add?: readonly {
    readonly header: { readonly key: string; readonly value: string };
    readonly append_action: 'OVERWRITE_IF_EXISTS_OR_ADD';
  }[];
  readonly typed_per_filter_config: { readonly [filter: string]: TypedConfig };
}

const types = 'type.googleapis.com/';

/** A typed config: `message` without the common prefix, and its fields. */
export function typed<Fields extends object>(message: string, fields: Fields): TypedConfig & Fields {
  return { '@type': `${types}${message}`, ...fields };
}

export function socketAddress(address: string, port: number): SocketAddress {
  return { socket_address: { address, port_value: port } };
}
