/** Rows for the kernel's maps, symbolic: the bundle's `maps.json`. The node agent resolves names and packs them (DESIGN 5.7). */

export interface MapsDocument {
  /** `namespace.name` */
  readonly mas: string;
  /** One per app, sorted by name. */
  readonly apps: readonly AppRows[];
}

/** What one app may reach at all. */
export interface AppRows {
  readonly app: string;
  /** As in `CompiledApp.policies`, joined by `,`. */
  readonly policy: string;
  /** Sorted, none twice. Everything else is dropped. */
  readonly rows: readonly MapRow[];
}

export type MapRow =
  /** A Service of the cluster. */
  | { readonly proto: 'tcp'; readonly port: number; readonly name: string; readonly namespace: string }
  | { readonly proto: 'tcp'; readonly port: number; readonly cidr: string }
  | { readonly proto: 'tcp'; readonly port: number; readonly fqdn: string };
