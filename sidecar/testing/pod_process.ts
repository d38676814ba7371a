/** For tests: what runs in a pod, as one user without any right, with CASA's folder and Node in sight. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reachableNode, sandboxed, showFolder } from '../process/sandbox.ts';
import { StartedProcess } from '../process/started_process.ts';

export const casaFolder = fileURLToPath(new URL('../..', import.meta.url));
/** Below the folder that a pod is shown CASA in. */
export const envoyInCasa = '.tools/envoy-1.40.0/envoy';

export interface PodSpot {
  /** Of the test: `casa/` and `node/` in it are where pods are shown those. */
  readonly folder: string;
  readonly namespace: string;
  readonly uid: number;
}

/** `script`: a file below CASA's folder and its arguments, or `-e` and JavaScript. */
export function startInPod(
  spot: PodSpot,
  name: string,
  script: readonly string[],
  env: { readonly [name: string]: string },
): StartedProcess {
  const { folder, namespace, uid } = spot;
  const casa = join(folder, 'casa');
  const node = reachableNode(join(folder, 'node'));
  const [file = '', ...rest] = script;
  const argv = [node.path, ...(file === '-e' ? script : [join(casa, file), ...rest])];
  return new StartedProcess({
    name,
    argv: sandboxed(
      { namespace, uid, mounts: [...showFolder(casaFolder, casa), ...node.mounts], cwd: '/', cgroup: null },
      argv,
    ),
    env: { PATH: process.env.PATH ?? '', ...env },
    cwd: '/',
    log: join(folder, `${name}.log`),
  });
}

/** The first JSON object that the JavaScript prints. */
export async function evaluateInPod(spot: PodSpot, script: string): Promise<unknown> {
  const process_ = startInPod(spot, 'evaluated', ['-e', script], {});
  return process_.firstLine((line) => (line.startsWith('{') ? (JSON.parse(line) as unknown) : null));
}

export interface Answer {
  /** 0: none. */
  readonly status: number;
  readonly body: string;
}

export interface Asked {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly method?: string;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string;
}

/** One HTTP request by whoever is at this spot. */
export async function askFromPod(spot: PodSpot, { body = '', ...options }: Asked): Promise<Answer> {
  const script = `const asked = require('http').request({ agent: false, ...${JSON.stringify(options)} }, async (answer) => {
      let body = ''; for await (const part of answer) body += part; console.log(JSON.stringify({ status: answer.statusCode, body })); });
    asked.on('error', (error) => console.log(JSON.stringify({ status: 0, body: String(error) })));
    asked.setTimeout(60000, () => asked.destroy(new Error('timeout'))); asked.end(${JSON.stringify(body)});`;
  return (await evaluateInPod(spot, script)) as Answer; // printed by the script above
}

/** Processes in the network whose command line holds one of the words. */
export function pidsIn(namespace: string, words: readonly string[]): readonly number[] {
  const listed = spawnSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' }).stdout;
  const pids = listed.split('\n').filter((pid) => pid !== '');
  return pids.map(Number).filter((pid) => words.some((word) => commandLine(pid).includes(word)));
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
