import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Issue } from '../crds/issue.ts';
import { CasaError } from '../policies/errors.ts';
import { findFreePorts } from '../sidecar/process/listening.ts';
import type { LocalFile } from './file/local_file.ts';
import { parseLocalFile } from './file/parse_local_file.ts';
import { whyNoKernelLayer } from './kernel/why_no_kernel_layer.ts';
import { loadManifests } from './load_manifests.ts';
import { LocalRun, type Say } from './local_run.ts';
import { chooseMode } from './plan/choose_mode.ts';
import { planLocal, portsNeeded } from './plan/plan_local.ts';
import type { Mode } from './plan/planned.ts';
import type { StoreOptions } from './replicas/replicas.ts';
import { clearLeftovers, isInUse, listStates, pruneStates } from './run_record.ts';
import { type EnvoyMaker, ownEnvoy } from './start/envoy_maker.ts';
import { missingModel, type SemanticOptions } from './start/semantic_options.ts';

export interface OpenOptions {
  readonly path: string;
  /** null: the best that this machine can do. */
  readonly mode: Mode | null;
  /** null: a fresh folder below `.casa/local`. */
  readonly state: string | null;
  readonly semantic?: SemanticOptions;
  /** Who vouches for tokens; the runtime itself when not said. */
  readonly idp?: 'embedded' | 'keycloak';
  /** One runtime on an embedded database when not said. */
  readonly store?: StoreOptions;
  /** How long a process of CASA's own that ended stays away; a second when not said. */
  readonly restartDelayMs?: number;
  /** CASA's own when not said. */
  readonly envoy?: EnvoyMaker;
  /** True: apps are held by their Envoys alone. */
  readonly withoutKernel?: boolean;
}

export type Opened =
  | { readonly run: null; readonly issues: readonly Issue[] }
  | { readonly run: LocalRun; readonly file: LocalFile; readonly issues: readonly Issue[] };

const restartDelayMs = 1_000;
const statesFolder = join('.casa', 'local');

/** Reads the file and its manifests and makes ready to run; or every mistake in them. The run must be closed. */
export async function openLocal(options: OpenOptions, say: Say): Promise<Opened> {
  const refused = (issues: readonly Issue[]): Opened => ({ run: null, issues });
  const { file, issues } = parseLocalFile(readText(options.path), options.path);
  if (file === null) return refused(issues);
  const manifests = loadManifests(file.manifests);
  if (manifests.issues.some(({ severity }) => severity === 'error')) return refused(manifests.issues);
  const { mode, because } = chooseMode(options.mode);
  const freePorts = mode === 'ports' ? await findFreePorts(portsNeeded(file)) : [];
  const id = randomBytes(3).toString('hex');
  const planned = planLocal({ file, systems: manifests.systems, mode, id, freePorts });
  if (planned.plan === null) return refused(planned.issues.map((issue) => ({ ...issue, source: options.path })));
  say(modeLine(mode, because));
  const semantic = options.semantic ?? {};
  const missing = missingModel(semantic, manifests.registrations);
  if (missing !== null) say(missing);
  const state = await prepareState(options.state, id, say);
  const parts = {
    plan: planned.plan,
    whyNoKernel: options.withoutKernel ? 'not wanted' : whyNoKernelLayer(mode),
    file,
    manifests,
    say,
    semantic,
    keycloakPorts: options.idp === 'keycloak' ? await findFreePorts(2) : null,
    store: options.store ?? { store: 'embedded', replicas: 1 },
    restartDelayMs: options.restartDelayMs ?? restartDelayMs,
    envoy: options.envoy ?? ownEnvoy,
  } as const;
  return { run: LocalRun.open(parts, state), file, issues: manifests.issues };
}

/** Clears up after runs that were killed, in one state directory or in all of the default place; how many there were. */
export async function clearLocal(state: string | null): Promise<number> {
  const states = state === null ? listStates(statesFolder) : [resolve(state)];
  let cleared = 0;
  for (const folder of states) if (await clearLeftovers(folder)) cleared += 1;
  return cleared;
}

function modeLine(mode: Mode, because: string | null): string {
  if (mode === 'netns') return 'mode netns: each app in its own network namespace, behind its own Envoy';
  const why = because === null ? '' : ` (${because})`;
  return `mode ports${why}: apps are pointed at their Envoy's loopback ports; nothing stops one that goes around them`;
}

async function prepareState(asked: string | null, id: string, say: Say): Promise<string> {
  const time = new Date().toISOString().replace(/[-:]|\..*/g, '');
  const folder = resolve(asked ?? join(statesFolder, `${time}-${id}`));
  if (isInUse(folder)) throw new CasaError('configuration_invalid', `another run uses \`${folder}\``);
  const cleared = await clearLocal(asked);
  if (cleared > 0) say(`cleared up after ${cleared} earlier run(s)`);
  if (asked === null) pruneStates(statesFolder);
  return folder;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CasaError('configuration_invalid', `cannot read \`${path}\``, { cause });
  }
}
