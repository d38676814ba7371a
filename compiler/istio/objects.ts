/** Istio's objects, as far as we emit them, with Istio's own names (istio.io/api v1.31). */

export interface ObjectMetadata {
  readonly name: string;
  readonly namespace: string;
  readonly labels: { readonly [label: string]: string };
  readonly annotations: { readonly [annotation: string]: string };
}

interface Stored<Kind extends string, ApiVersion extends string, Spec> {
  readonly apiVersion: ApiVersion;
  readonly kind: Kind;
  readonly metadata: ObjectMetadata;
  readonly spec: Spec;
}

/** Labels of pods. */
export interface PodLabels {
  readonly [label: string]: string;
}

export type EnvoyFilter = Stored<
  'EnvoyFilter',
  'networking.istio.io/v1alpha3',
  {
    readonly workloadSelector: { readonly labels: PodLabels };
    /** Of several objects the one with the greatest is applied last. */
    readonly priority: number;
    readonly configPatches: readonly ConfigPatch[];
  }
>;

export type PatchContext = 'SIDECAR_INBOUND' | 'SIDECAR_OUTBOUND';

export interface ConfigPatch {
  readonly applyTo:
    | 'CLUSTER'
    | 'FILTER_CHAIN'
    | 'NETWORK_FILTER'
    | 'HTTP_FILTER'
    | 'ROUTE_CONFIGURATION'
    | 'VIRTUAL_HOST'
    | 'HTTP_ROUTE';
  readonly match: PatchMatch;
  readonly patch: {
    readonly operation: 'ADD' | 'INSERT_FIRST' | 'INSERT_BEFORE' | 'MERGE' | 'REMOVE';
    readonly value?: object;
  };
}

export interface PatchMatch {
  readonly context: PatchContext;
  readonly listener?: {
    readonly name?: string;
    readonly filterChain?: {
      readonly name?: string;
      readonly filter?: { readonly name: string; readonly subFilter?: { readonly name: string } };
    };
  };
  readonly routeConfiguration?: {
    readonly vhost: { readonly name?: string; readonly route?: { readonly action: 'ROUTE' } };
  };
}

export type Sidecar = Stored<
  'Sidecar',
  'networking.istio.io/v1',
  {
    readonly workloadSelector?: { readonly labels: PodLabels };
    readonly outboundTrafficPolicy: { readonly mode: 'REGISTRY_ONLY' };
    readonly egress: readonly { readonly port?: HttpPort; readonly hosts: readonly string[] }[];
  }
>;

export interface HttpPort {
  readonly number: number;
  readonly name: string;
  readonly protocol: 'HTTP';
}

export type ServiceEntry = Stored<
  'ServiceEntry',
  'networking.istio.io/v1',
  {
    readonly hosts: readonly string[];
    readonly addresses?: readonly string[];
    readonly exportTo: readonly ['.'];
    readonly location: 'MESH_EXTERNAL';
    readonly resolution: 'DNS' | 'STATIC';
    readonly ports: readonly HttpPort[];
    readonly endpoints?: readonly { readonly address: string }[];
  }
>;

export type DestinationRule = Stored<
  'DestinationRule',
  'networking.istio.io/v1',
  {
    readonly host: string;
    readonly exportTo: readonly ['.'];
    readonly trafficPolicy: {
      readonly portLevelSettings: readonly {
        readonly port: { readonly number: number };
        readonly tls: {
          readonly mode: 'SIMPLE';
          readonly sni: string;
          readonly subjectAltNames: readonly string[];
          readonly caCertificates: string;
        };
      }[];
    };
  }
>;

export type PeerAuthentication = Stored<
  'PeerAuthentication',
  'security.istio.io/v1',
  {
    readonly selector: { readonly matchLabels: PodLabels };
    readonly mtls: { readonly mode: 'STRICT' | 'PERMISSIVE' };
  }
>;

export type AuthorizationPolicy = Stored<
  'AuthorizationPolicy',
  'security.istio.io/v1',
  {
    readonly selector?: { readonly matchLabels: PodLabels };
    readonly action?: 'ALLOW';
    readonly rules?: readonly {
      readonly to: readonly { readonly operation: { readonly ports: readonly string[] } }[];
    }[];
  }
>;

export type IstioObject =
  | EnvoyFilter
  | Sidecar
  | ServiceEntry
  | DestinationRule
  | PeerAuthentication
  | AuthorizationPolicy;
