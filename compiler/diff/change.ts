/** What `casa diff` reports, one entry a change. */
import type { JsonObject, Reason } from '../../policies/contract.ts';

export interface ToolChange {
  readonly kind: 'tool';
  readonly mas: string;
  readonly app: string;
  readonly server: string;
  readonly tool: string;
  readonly change: 'newly_allowed' | 'newly_denied';
  /** Ids of the rules that decide now, and that decided before. */
  readonly rules: { readonly old: readonly string[]; readonly new: readonly string[] };
  readonly example: {
    readonly arguments: JsonObject;
    /** What is supposed of the call beside its arguments. */
    readonly circumstance: string;
    readonly old: Reason;
    readonly new: Reason;
  };
}

export interface DestinationChange {
  readonly kind: 'destination';
  readonly mas: string;
  readonly app: string;
  readonly change: 'newly_allowed' | 'newly_denied';
  /** Such as `a2a worker` or `http api.example.com:443`. */
  readonly destination: string;
}

export type Change = ToolChange | DestinationChange;
