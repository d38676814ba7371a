/** For tests: the demo's bank behind the real CASA on this machine, with its Explorer. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalRun } from '../../local/local_run.ts';
import { openLocal } from '../../local/open_local.ts';
import { whyNoNamespaces } from '../../local/plan/choose_mode.ts';
import { casaFolder } from '../../local/start/places.ts';
import { chromiumPath } from './chromium.ts';

const needed = ['dist/runtime/main.js', 'dist/explorer/index.html', 'dist/demo/src/client/main.js', chromiumPath];
const envoy = '.tools/envoy-1.40.0/envoy';
const readyWithinMs = 60_000;

/** Why this cannot be run here; null: it can. */
export function obstacle(): string | null {
  const missing = [...needed, envoy].filter(
    (path) => !existsSync(join('/', path)) && !existsSync(join(casaFolder, path)),
  );
  return missing.length > 0 ? `missing ${missing.join(', ')}` : whyNoNamespaces();
}

export interface BankRun {
  readonly signInUrl: string;
  readonly adminToken: string;
  readonly runtimeUrl: string;
  /** What users say to agents, one after the other; resolves when all was answered. */
  say(turns: readonly { readonly agent: string; readonly prompt: string }[]): Promise<void>;
  close(): Promise<void>;
}

export async function startBankRun(): Promise<BankRun> {
  const folder = mkdtempSync(join(tmpdir(), 'casa-explorer-'));
  const path = join(folder, 'local.yaml');
  const demo = readFileSync(join(casaFolder, 'demo/local.yaml'), 'utf8')
    .replace('manifests: [manifests]', `manifests: [${join(casaFolder, 'demo/manifests')}]`)
    .replace('project: ..', `project: ${casaFolder}`)
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the template's own syntax
    .replace('${project}/demo/conversations.json', '${out}/conversations.json');
  writeFileSync(path, demo.replace('out: out', `out: ${join(folder, 'out')}`));
  const opened = await openLocal({ path, mode: 'netns', state: join(folder, 'state') }, () => {});
  if (opened.run === null) throw new Error(JSON.stringify(opened.issues));
  const { run, file } = opened;
  const close = async () => {
    await run.close(false);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const { runtimeUrl, adminTokenFile } = await run.start(AbortSignal.timeout(readyWithinMs));
    const say: BankRun['say'] = (turns) => speak(run, file.run[0], join(folder, 'out/bank-client'), turns);
    const adminToken = readFileSync(adminTokenFile, 'utf8');
    return { signInUrl: run.signInUrl ?? '', adminToken, runtimeUrl, say, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function speak(
  run: LocalRun,
  step: Parameters<LocalRun['step']>[0] | undefined,
  out: string,
  turns: Parameters<BankRun['say']>[0],
): Promise<void> {
  if (step === undefined) throw new Error('the demo has no step');
  const conversations = turns.map((turn) => ({ case: 'safe', ...turn }));
  writeFileSync(join(out, 'conversations.json'), JSON.stringify(conversations), { mode: 0o644 });
  const code = await run.step(step);
  if (code !== 0) throw new Error(`the conversations ended with code ${code}`);
}
