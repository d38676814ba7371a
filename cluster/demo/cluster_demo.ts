import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CasaError } from '../../policies/errors.ts';
import { type Box, openBox } from '../box/open_box.ts';
import { casaFolder } from '../casa_folder.ts';
import { boxImages } from '../images/box_images.ts';
import { buildImages } from '../images/build_images.ts';
import { breakExtAuthz } from './break_ext_authz.ts';
import { checkRemoved } from './check_removed.ts';
import { collectRun } from './collect_run.ts';
import { runtimeNamespace } from './names.ts';
import { openPortForward, type PortForward } from './port_forward.ts';
import type { StepList, StepResult } from './step_list.ts';
import { makeTools, type Tools } from './tools.ts';

const demoOut = join(casaFolder, 'demo/out');
/** The report that `make demo` prints, of the same code. */
const reportMain = join(casaFolder, 'dist/demo/report/main.js');
const dns = fileURLToPath(new URL('../box/coredns.yaml', import.meta.url));
const collectAgainMs = 2000;

/** CASA and the bank in a box, the conversations said and judged; `close` ends it. */
export interface ClusterDemo {
  readonly kubeconfig: string;
  /** Opens the Explorer, once. */
  readonly explorerUrl: string;
  readonly broken: Promise<CasaError>;
  /** Kills what guards, then takes everything out again. */
  readonly breakAndRemove: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Puts up everything and has the conversations; throws when a step fails, with nothing left of the box. */
export async function openClusterDemo(steps: StepList, say: (line: string) => void): Promise<ClusterDemo> {
  const ways: PortForward[] = [];
  let box: Box | null = null;
  const close = async () => {
    for (const way of ways) way.close();
    await box?.close();
  };
  try {
    // Before the box, which would only wait: both want every core.
    const images = await steps.run('images', () => buildImages(say));
    const own = await steps.run('images of the node', () => boxImages());
    const opened = await steps.run('node ready', () => openBox(say));
    box = opened;
    const tools = await makeTools(opened);
    await steps.run('images in the node', async () => {
      for (const archive of [...own, ...images]) await opened.importImages(archive);
    });
    await steps.run('DNS', () => startDns(tools));
    await steps.run('runtime ready', () => tools.step('install_runtime'));
    await steps.run('system accepted', () => tools.step('apply_manifests'));
    await steps.run('agents ready behind their enforcement points', () => tools.step('install_bank'));
    await steps.run('conversations', () => tools.step('talk'));
    const runtime = await openPortForward(tools, runtimeNamespace, 'service/casa-auth-service', 8000);
    ways.push(runtime);
    await steps.run('table as promised', () => report(tools, runtime.url));
    const explorer = await openPortForward(tools, runtimeNamespace, 'service/casa-ui-explorer', 80);
    ways.push(explorer);
    const explorerUrl = `${explorer.url}${(await tools.step('explorer_path')).trim()}`;
    const breakAndRemove = async () => {
      await steps.run('ext-authz killed: nothing gets through', () => breakExtAuthz(tools));
      await steps.run('uninstalled', () => tools.step('remove'));
      await steps.run('nothing left in the cluster', () => checkRemoved(tools));
    };
    return { kubeconfig: opened.kubeconfig, explorerUrl, broken: opened.broken, breakAndRemove, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startDns(tools: Tools): Promise<void> {
  await tools.kubectl('apply', '-f', dns);
  await tools.kubectl('-n', 'kube-system', 'rollout', 'status', 'deployment/coredns', '--timeout=60s');
}

/** Prints the table; throws when the run is not as the demo promises. */
async function report(tools: Tools, runtimeUrl: string): Promise<void> {
  const out = join(demoOut, 'cluster');
  mkdirSync(out, { recursive: true });
  const state = await collectRun(tools, out, runtimeUrl);
  // Access logs are written a moment after the answer: the report looks again, and so do we.
  const again = setInterval(() => void collectRun(tools, out, runtimeUrl).catch(() => {}), collectAgainMs);
  const reportFile = join(demoOut, 'cluster-report.json');
  const env = { ...process.env, CASA_LOCAL_STATE: state, OUT: out, REPORT: reportFile };
  const status = await new Promise<number>((resolve) => {
    const child = spawn(process.execPath, [reportMain], { env, stdio: 'inherit' });
    child.on('error', () => resolve(127));
    child.on('close', (code) => resolve(code ?? 128));
  });
  clearInterval(again);
  if (status !== 0) throw new CasaError('process_failed', `the run is not as promised: see ${reportFile}`);
}

/** Writes how the steps ended, for whoever counts. */
export function writeSteps(results: readonly StepResult[]): void {
  mkdirSync(demoOut, { recursive: true });
  writeFileSync(join(demoOut, 'cluster-steps.json'), `${JSON.stringify(results, null, 2)}\n`);
}
