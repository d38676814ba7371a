import type { CompiledMas } from '../../compiler/compile.ts';
import type { PortsDestination } from '../../compiler/envoy/options.ts';
import type { LocalApp } from '../file/local_file.ts';

/** `netns`: each app in a network namespace of its own, unmodified. `ports`: all on loopback, pointed at their Envoy's ports. */
export type Mode = 'netns' | 'ports';

/** One app of the file, placed on this machine. */
export interface PlannedApp {
  readonly name: string;
  readonly declared: LocalApp;
  /** null: outside every MAS, without Envoy. */
  readonly compiled: CompiledMas | null;
  /** The user its processes run as (mode `netns`). */
  readonly uid: number;
  /** Its network namespace; null in mode `ports` and for `network: host`. */
  readonly namespace: string | null;
  /** By which peers see it. */
  readonly address: string;
  /** DNS names; the first is the one others call it by. */
  readonly hosts: readonly string[];
  /** The port others name; null: nothing can call it. */
  readonly servicePort: number | null;
  /** The port its process listens on; null: it has no process, or one that only calls. */
  readonly listenPort: number | null;
  /** Mode `ports`, apps of a MAS. */
  readonly envoyPorts: EnvoyPorts | null;
}

export interface EnvoyPorts {
  readonly inbound: number | null;
  readonly outbound: readonly (PortsDestination & { readonly app: string })[];
}

export interface Plan {
  /** Unique to this run: part of every name that it leaves on the machine. */
  readonly id: string;
  readonly mode: Mode;
  /** The first three numbers of every address (mode `netns`). */
  readonly network: string;
  readonly apps: readonly PlannedApp[];
  /** The namespace of the bridge that joins the others. */
  readonly bridgeNamespace: string;
}
