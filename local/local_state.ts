import { join } from 'node:path';
import type { Mode, Plan, PlannedApp } from './plan/planned.ts';
import type { KeptPart, StoreOptions } from './replicas/replicas.ts';
import { accessLogFolder, type Places } from './start/places.ts';

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
  readonly apps: readonly AppState[];
  readonly store: StoreOptions['store'];
  /** Each runtime's own URL; `runtimeUrl` leads to any of them. */
  readonly replicas: readonly string[];
  /** What runs now; written anew when one of CASA's own is started again. */
  readonly processes: readonly RunningProcess[];
}

export interface AppState {
  readonly name: string;
  readonly mas: string | null;
  readonly address: string;
  readonly port: number | null;
  readonly accessLog: string | null;
  readonly log: string;
}

export interface RunningProcess {
  readonly role: KeptPart['role'] | 'keycloak' | 'ext-authz' | 'envoy' | 'app' | 'node-agent';
  /** null: the runtime, its store and its Keycloak. Of a node agent its MAS. */
  readonly app: string | null;
  /** Of the runtime, counted from 1; null: there is one only. */
  readonly replica: number | null;
  readonly pid: number;
}

/** Where an app can be reached and what it left. */
export function appState(plan: Plan, places: Places, app: PlannedApp): AppState {
  return {
    name: app.name,
    mas: app.compiled?.mas ?? null,
    address: app.address,
    port: plan.mode === 'netns' ? app.servicePort : (app.envoyPorts?.inbound ?? app.listenPort),
    accessLog: app.compiled === null ? null : join(accessLogFolder(places, app), 'access.log'),
    log: appLog(places, app),
  };
}

/** What an app prints. */
export function appLog(places: Places, app: PlannedApp): string {
  return join(places.logs, `app-${app.name}.log`);
}
