import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CasaError } from '../../policies/errors.ts';
import { markProcess } from '../../sidecar/process/process_mark.ts';
import { casaFolder } from '../casa_folder.ts';
import { runTool } from '../run_tool.ts';
import { openApiDoor } from './api_door.ts';
import { makeBoxFolder, removeBox, writeRecord } from './box_record.ts';
import { makeCgroups } from './cgroups.ts';
import type { BoxNews } from './inside/box_news.ts';
import { boxPlaces } from './places.ts';
import { emitKubeconfig } from './secrets.ts';

export interface Box {
  readonly folder: string;
  /** Every right, from this machine. */
  readonly kubeconfig: string;
  /** Settles, with what broke, when the box ends before `close`. */
  readonly broken: Promise<CasaError>;
  /** Puts images of an OCI archive into the node. */
  readonly importImages: (archive: string) => Promise<void>;
  /** Ends everything in the box and removes all of it. */
  readonly close: () => Promise<void>;
}

/** Where `scripts/kube.mjs` puts it. */
export const kubeProgram = join(casaFolder, '.tools/kube/kube');
const insideMain = join(casaFolder, 'dist/cluster/box/inside/main.js');

/**
 * Goes into the cgroups, then into namespaces of its own. The first death signal is of this process, the second of `unshare`:
 * when either is killed, process 1 of the box is, and with it all others. Process 1 is a shell, which reaps what nobody waits for.
 */
const enter = `
main=("\${@:1:4}")
for cgroup in "\${@:5}"; do echo $$ > "$cgroup/cgroup.procs" || exit 1; done
exec setpriv --pdeathsig KILL \\
  unshare --cgroup --net --mount --pid --uts --ipc --propagation private --fork --kill-child --mount-proc \\
  bash -c '"$@"; exit $?' casa-box "\${main[@]}"
`;

/** A one-node Kubernetes in namespaces of its own, its node ready. Whatever happens to this process, the box ends with it. */
export async function openBox(say: (line: string) => void): Promise<Box> {
  const folder = makeBoxFolder();
  const places = boxPlaces(folder);
  const cgroups = makeCgroups(folder.slice(folder.lastIndexOf('/') + 1));
  writeRecord(folder, { owner: markProcess(process.pid), cgroups });
  const argv = ['-c', enter, 'casa-box', process.execPath, insideMain, folder, kubeProgram, ...cgroups];
  // A group of its own: Ctrl-C reaches it through `close` only.
  const child = spawn('bash', argv, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const ended = new Promise<void>((resolve) => {
    child.on('error', () => resolve());
    child.on('close', () => resolve());
  });
  const remove = async () => {
    child.kill('SIGKILL');
    await ended;
    await removeBox(folder, cgroups);
  };
  try {
    const { ready, broken } = readNews(child, ended, say);
    const { token, authority } = await ready;
    const door = await openApiDoor(places.apiSocket);
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, emitKubeconfig(door.url, Buffer.from(authority), token), { mode: 0o600 });
    const importImages = async (archive: string) => {
      await runTool('ctr', ['--address', places.containerdSocket, '-n', 'k8s.io', 'images', 'import', archive]);
    };
    const close = async () => {
      door.close();
      await remove();
    };
    return { folder, kubeconfig, broken, importImages, close };
  } catch (error) {
    await remove();
    throw error;
  }
}

type Ready = Extract<BoxNews, { kind: 'ready' }>;

function readNews(child: ChildProcess, ended: Promise<void>, say: (line: string) => void) {
  let reason = 'the box ended';
  let isReady: (ready: Ready) => void = () => {};
  const broken = ended.then(() => new CasaError('process_failed', reason));
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      // Our own process said it.
      const news = JSON.parse(line) as BoxNews;
      if (news.kind === 'progress') say(news.text);
      else if (news.kind === 'failed') reason = news.message;
      else isReady(news);
    });
  }
  const ready = new Promise<Ready>((resolve, reject) => {
    isReady = resolve;
    void broken.then(reject);
  });
  return { ready, broken };
}
