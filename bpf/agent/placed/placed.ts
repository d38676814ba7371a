import type { Issue } from '../../../crds/issue.ts';
import type { MapRow, MapsDocument } from '../../../policies/maps.ts';
import type { KernelRow } from '../rows/kernel_row.ts';

/** One cgroup and what it is held to. */
export interface PlacedCgroup {
  /** null: the only MAS there is. */
  readonly mas: string | null;
  /** null: what runs here is nobody's, and reaches nothing. */
  readonly app: string | null;
  readonly cgroup: string;
  /** `pod`: its containers' connections are judged here; `container`: in a pod that is; `whole`: it stands alone. */
  readonly extent: 'whole' | 'pod' | 'container';
  /** Whether bearer tokens in what it sends are hashed: an enforcement point's. */
  readonly hashesTokens: boolean;
  /** Rows of this cgroup alone, beside its app's. */
  readonly alsoAllow: readonly KernelRow[];
  readonly alsoNamed: readonly MapRow[];
}

/** All that this node has to enforce at the moment. */
export interface Placed {
  readonly systems: readonly MapsDocument[];
  readonly cgroups: readonly PlacedCgroup[];
  readonly issues: readonly Issue[];
}

/** Asked again and again; never throws: what is wrong is an issue. */
export type ReadPlaced = () => Placed;
