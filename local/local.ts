import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Issue } from '../crds/issue.ts';
import { CasaError } from '../policies/errors.ts';
import type { LocalFile } from './file/local_file.ts';
import { parseLocalFile } from './file/parse_local_file.ts';
import { loadManifests } from './load_manifests.ts';
import { LocalRun, type LocalState, type Say } from './local_run.ts';
import { chooseMode } from './plan/choose_mode.ts';
import { planLocal, portsNeeded } from './plan/plan_local.ts';
import type { Mode, Plan } from './plan/planned.ts';
import { findFreePorts } from './process/listening.ts';
import { clearLeftovers, isInUse, listStates, pruneStates } from './run_record.ts';

export interface LocalOptions {
  readonly path: string;
  /** null: the best that this machine can do. */
  readonly mode: Mode | null;
  /** null: a fresh folder below `.casa/local`. */
  readonly state: string | null;
  /** End after the report; else stay until the signal. */
  readonly once: boolean;
  /** Leave configuration and keys for a look. */
  readonly keep: boolean;
}

export interface LocalResult {
  /** 0: every step and the report ended well. */
  readonly code: number;
  readonly issues: readonly Issue[];
  readonly stateFolder: string | null;
  readonly state: LocalState | null;
}

const statesFolder = join('.casa', 'local');
const readyTimeoutMs = 60_000;

/**
 * Runs the file's apps behind CASA on this machine, then its steps and its report; leaves nothing running. Mistakes in the file or
 * its manifests are issues; a part that does not start or that ends is thrown as `process_failed`.
 */
export async function runLocal(options: LocalOptions, say: Say, signal: AbortSignal): Promise<LocalResult> {
  const refused = (issues: readonly Issue[]): LocalResult => ({ code: 1, issues, stateFolder: null, state: null });
  const parsed = parseLocalFile(readText(options.path), options.path);
  if (parsed.file === null) return refused(parsed.issues);
  const manifests = loadManifests(parsed.file.manifests);
  if (manifests.issues.some(({ severity }) => severity === 'error')) return refused(manifests.issues);
  const { mode, because } = chooseMode(options.mode);
  const freePorts = mode === 'ports' ? await findFreePorts(portsNeeded(parsed.file)) : [];
  const id = randomBytes(3).toString('hex');
  const planned = planLocal({ file: parsed.file, systems: manifests.systems, mode, id, freePorts });
  if (planned.plan === null) return refused(planned.issues.map((issue) => ({ ...issue, source: options.path })));
  say(modeLine(mode, because));
  const stateFolder = await prepareState(options.state, id, say);
  const run = LocalRun.open(planned.plan, parsed.file, manifests, stateFolder, say);
  try {
    const { code, state } = await runToEnd(run, planned.plan, parsed.file, options.once, say, signal);
    return { code, issues: manifests.issues, stateFolder, state };
  } finally {
    await run.close(options.keep);
  }
}

/** Clears up after runs that were killed, in one state directory or in all of the default place; how many there were. */
export async function clearLocal(state: string | null): Promise<number> {
  const states = state === null ? listStates(statesFolder) : [resolve(state)];
  let cleared = 0;
  for (const folder of states) if (await clearLeftovers(folder)) cleared += 1;
  return cleared;
}

async function runToEnd(
  run: LocalRun,
  plan: Plan,
  file: LocalFile,
  once: boolean,
  say: Say,
  signal: AbortSignal,
): Promise<{ code: number; state: LocalState }> {
  const startedMs = performance.now();
  const deadline = AbortSignal.timeout(readyTimeoutMs);
  const state = await run.start(AbortSignal.any([signal, run.broken, deadline])).catch((cause: unknown) => {
    if (deadline.aborted) {
      const seconds = readyTimeoutMs / 1000;
      throw new CasaError('process_failed', `not ready after ${seconds} s (logs: ${run.places.logs})`, { cause });
    }
    throw cause;
  });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  say(`${plan.apps.length} apps ready in ${seconds} s`);
  let code = 0;
  for (const step of file.run) {
    if (code !== 0) break;
    say(`step ${step.name}`);
    code = await unlessAborted(run.step(step), signal);
    if (code !== 0) say(`step ${step.name} ended with code ${code}`);
  }
  const reported = await unlessAborted(run.report(), signal);
  if (code === 0) code = reported;
  if (!once) {
    say(`runtime at ${state.runtimeUrl}, admin token in ${state.adminTokenFile}; Ctrl-C ends it`);
    await untilAborted([signal, run.broken]);
    if (run.broken.aborted) throw run.broken.reason;
  }
  return { code, state };
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

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return Promise.race([work, aborted]);
}

function untilAborted(signals: readonly AbortSignal[]): Promise<void> {
  const any = AbortSignal.any([...signals]);
  if (any.aborted) return Promise.resolve();
  return new Promise((resolve) => any.addEventListener('abort', () => resolve(), { once: true }));
}
