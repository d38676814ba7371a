import type { Issue } from '../crds/issue.ts';
import { CasaError } from '../policies/errors.ts';
import type { LocalFile } from './file/local_file.ts';
import type { LocalRun, Say } from './local_run.ts';
import type { LocalState } from './local_state.ts';
import { type OpenOptions, openLocal } from './open_local.ts';
import { keycloakTimeoutMs } from './start/start_keycloak.ts';

export interface LocalOptions extends OpenOptions {
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

const readyTimeoutMs = 60_000;

/**
 * Runs the file's apps behind CASA on this machine, then its steps and its report; leaves nothing running. Mistakes in the file or
 * its manifests are issues; a part that does not start or that ends is thrown as `process_failed`.
 */
export async function runLocal(options: LocalOptions, say: Say, signal: AbortSignal): Promise<LocalResult> {
  const opened = await openLocal(options, say);
  if (opened.run === null) return { code: 1, issues: opened.issues, stateFolder: null, state: null };
  const { run } = opened;
  try {
    const { code, state } = await runToEnd(run, opened.file, options, say, signal);
    return { code, issues: opened.issues, stateFolder: run.places.state, state };
  } finally {
    await run.close(options.keep);
  }
}

async function runToEnd(
  run: LocalRun,
  file: LocalFile,
  options: LocalOptions,
  say: Say,
  signal: AbortSignal,
): Promise<{ code: number; state: LocalState }> {
  const startedMs = performance.now();
  const timeoutMs = readyTimeoutMs + (options.idp === 'keycloak' ? keycloakTimeoutMs : 0);
  const deadline = AbortSignal.timeout(timeoutMs);
  const state = await run.start(AbortSignal.any([signal, deadline])).catch((cause: unknown) => {
    if (deadline.aborted) {
      const seconds = timeoutMs / 1000;
      throw new CasaError('process_failed', `not ready after ${seconds} s (logs: ${run.places.logs})`, { cause });
    }
    throw cause;
  });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  say(`${run.plan.apps.length} apps ready in ${seconds} s`);
  say(`Explorer: ${run.signInUrl}`);
  let code = 0;
  for (const step of file.run) {
    if (code !== 0) break;
    say(`step ${step.name}`);
    code = await unlessAborted(run.step(step), signal);
    if (code !== 0) say(`step ${step.name} ended with code ${code}`);
  }
  const reported = await unlessAborted(run.report(), signal);
  if (code === 0) code = reported;
  if (!options.once) {
    say(`Explorer: ${run.signInUrl}`);
    say(`runtime at ${state.runtimeUrl}, admin token in ${state.adminTokenFile}; Ctrl-C ends it`);
    await untilAborted([signal, run.broken]);
    if (run.broken.aborted) throw run.broken.reason;
  }
  return { code, state };
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
