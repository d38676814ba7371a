import type { Mode } from './plan/planned.ts';

/** What `CASA_LOCAL_STATE` names: enough to find and read everything of a run. */
export interface LocalState {
  readonly mode: Mode;
  /** Whether the kernel holds each app to its rows and, when not, why. */
  readonly kernel: { readonly on: boolean; readonly because: string | null };
  /** Where the identity provider is; null: the runtime is its own. */
  readonly keycloakUrl: string | null;
  readonly runtimeUrl: string;
  /** Without a way in: links are printed, and `POST /explorer/codes` of the runtime makes more. */
  readonly explorerUrl: string;
  readonly adminTokenFile: string;
  readonly out: string;
  readonly apps: readonly {
    readonly name: string;
    readonly mas: string | null;
    readonly address: string;
    readonly port: number | null;
    readonly accessLog: string | null;
    readonly log: string;
  }[];
  /** What runs now; written anew when one of CASA's own is started again. */
  readonly processes: readonly RunningProcess[];
}

export interface RunningProcess {
  readonly role: 'runtime' | 'keycloak' | 'ext-authz' | 'envoy' | 'app' | 'node-agent';
  /** null: the runtime and its Keycloak. Of a node agent its MAS. */
  readonly app: string | null;
  readonly pid: number;
}
