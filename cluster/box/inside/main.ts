/**
 * The first program in a box, in namespaces of its own: makes mounts and network, starts the node's programs, and says on
 * stdout how far it is, a JSON value a line. It ends, and the box with it, when its stdin does or when a program ends.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tryTool } from '../../run_tool.ts';
import { emitConfigs } from '../emit_configs.ts';
import { boxPlaces, network } from '../places.ts';
import { type Program, programs } from '../program_flags.ts';
import { emitKubeconfig, writeSecrets } from '../secrets.ts';
import type { BoxNews } from './box_news.ts';
import { forwardApi } from './forward_api.ts';
import { makeMounts } from './make_mounts.ts';
import { makeNetwork } from './make_network.ts';
import { startProgram } from './start_program.ts';

const [folder = '', kube = ''] = process.argv.slice(2);
const places = boxPlaces(folder);
const apiUrl = `https://${network.nodeAddress}:${network.apiPort}`;
const readyWithinMs = 180_000;

process.stdin.resume().on('end', () => process.exit(0));
try {
  await startBox();
} catch (error) {
  say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  process.exit(1);
}

async function startBox(): Promise<void> {
  for (const [file, text] of Object.entries(emitConfigs(places))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  mkdirSync(places.logs, { recursive: true });
  await makeMounts(places);
  await makeNetwork();
  const token = await writeSecrets(places);
  const [containerd, etcd, api, ...rest] = programs(places, kube);
  start(containerd);
  start(etcd);
  start(api);
  const authority = join(places.secrets, 'certs/apiserver.crt');
  await until('the API server has no certificate', async () => existsSync(authority));
  writeFileSync(places.kubeconfig, emitKubeconfig(apiUrl, readFileSync(authority), token), { mode: 0o600 });
  await until('the API server is not ready', () => kubectl('get', '--raw', '/readyz'));
  say({ kind: 'progress', text: 'API server ready' });
  await until('containerd is not ready', async () => existsSync(places.containerdSocket));
  for (const program of rest) start(program);
  forwardApi(places.apiSocket);
  const node = `node/${network.nodeName}`;
  await until('the node is not there', () => kubectl('get', node));
  await until('the node is not ready', () => kubectl('wait', '--for=condition=Ready', '--timeout=5s', node));
  say({ kind: 'ready', token, authority: readFileSync(authority, 'utf8') });
}

function start(program: Program | undefined): void {
  if (program === undefined) return;
  startProgram(program, places.logs, (message) => {
    say({ kind: 'failed', message });
    process.exit(1);
  });
}

async function kubectl(...argv: readonly string[]): Promise<boolean> {
  const { status } = await tryTool(kube, ['kubectl', `--kubeconfig=${places.kubeconfig}`, ...argv]);
  return status === 0;
}

async function until(otherwise: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + readyWithinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`${otherwise} after ${readyWithinMs / 1000} s`);
    await sleep(100);
  }
}

function say(news: BoxNews): void {
  process.stdout.write(`${JSON.stringify(news)}\n`);
}
