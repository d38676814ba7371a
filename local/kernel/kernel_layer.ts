import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JWK } from 'jose';
import type { CompiledMas } from '../../compiler/compile.ts';
import { CasaError } from '../../policies/errors.ts';
import { mortal } from '../../sidecar/process/mortal.ts';
import { StartedProcess } from '../../sidecar/process/started_process.ts';
import { runTool } from '../../sidecar/process/tool.ts';
import type { Plan } from '../plan/planned.ts';
import { makeKey } from '../start/make_key.ts';
import { casaFolder, type Places } from '../start/places.ts';
import { agentConfig } from './agent_config.ts';
import { cgroupsFolder, makeCgroups, removeCgroup } from './cgroups.ts';
import { kernelObject, tokenObject } from './why_no_kernel_layer.ts';

const agentInCasa = 'dist/bpf/agent/main.js';
const bpffs = (run: string) => join(run, 'bpffs');

/** Makes the cgroups, a bpffs of the run's own, and what the node agent of each MAS reads. The public key by which they tell flows. */
export async function prepareKernelLayer(plan: Plan, places: Places, keycloakUrl: string | null): Promise<JWK> {
  const { cgroups, run } = places;
  if (cgroups === null) throw new CasaError('bug', 'there is no kernel layer');
  makeCgroups(cgroups, plan.apps);
  mkdirSync(bpffs(run), { recursive: true });
  await runTool('mount', ['-t', 'bpf', 'bpf', bpffs(run)]);
  const { privateJwk, publicJwk } = await makeKey(`${plan.id}-node`);
  const keyFile = join(places.state, 'node-agent.key.json');
  writeFileSync(keyFile, JSON.stringify(privateJwk), { mode: 0o600 });
  for (const [index, { mas, maps }] of systemsOf(plan).entries()) {
    const mapsFile = join(places.state, `maps-${mas}.json`);
    writeFileSync(mapsFile, JSON.stringify(maps));
    // bpffs keeps dots in names for itself.
    const pinFolder = join(bpffs(run), String(index));
    const upstreams = { urlFile: places.runtimeUrlFile, keyFile, keycloakUrl };
    const files = {
      pinFolder,
      objectFile: kernelObject,
      tokenObjectFile: tokenObject,
      mapsFile,
      cgroups,
      ...upstreams,
    };
    writeFileSync(configFile(places, mas), JSON.stringify(agentConfig(plan, maps, files)));
  }
  return publicJwk;
}

/** Starts the node agent of one MAS, in this machine's own network; what it has pinned outlives it until `removeKernelLayer`. */
export function startNodeAgent(places: Places, mas: string): StartedProcess {
  return new StartedProcess({
    name: `node agent of ${mas}`,
    argv: mortal([process.execPath, join(casaFolder, agentInCasa), '--config', configFile(places, mas)]),
    env: { PATH: process.env.PATH ?? '' },
    cwd: places.state,
    log: join(places.logs, `node-agent-${mas}.log`),
  });
}

/** Removes the cgroups of a run, what is pinned, and its bpffs; what is not there is no mistake. */
export async function removeKernelLayer(id: string, run: string): Promise<void> {
  const cgroups = cgroupsFolder(id);
  if (cgroups !== null) await removeCgroup(cgroups);
  if (existsSync(bpffs(run)) && isMounted(bpffs(run))) await runTool('umount', [bpffs(run)]);
}

/** Each MAS that has an app here. */
export function systemsOf(plan: Plan): readonly CompiledMas[] {
  const systems = plan.apps.flatMap(({ compiled }) => compiled ?? []);
  return [...new Map(systems.map((system) => [system.mas, system])).values()];
}

function configFile(places: Places, mas: string): string {
  return join(places.state, `node-agent-${mas}.json`);
}

function isMounted(path: string): boolean {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .some((line) => line.split(' ')[1] === path);
}
