import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { tryTool } from '../run_tool.ts';
import { missingHierarchies } from './cgroups.ts';
import { kubeProgram } from './open_box.ts';

/** Program, and the Debian package that has it (`scripts/install_packages.mjs --cluster`). */
const neededPrograms: { readonly [program: string]: string } = {
  containerd: 'containerd',
  ctr: 'containerd',
  runc: 'runc',
  nft: 'nftables',
  ip: 'iproute2',
  openssl: 'openssl',
  setpriv: 'util-linux',
  unshare: 'util-linux',
};
const cniBridge = '/usr/lib/cni/bridge';

/** Everything because of which no box can be opened here, for people; empty: one can. */
export async function checkMachine(path: string = process.env.PATH ?? ''): Promise<readonly string[]> {
  if (process.platform !== 'linux') return [`a node needs Linux, this is ${process.platform}`];
  const folders = path.split(delimiter);
  const programs = Object.entries(neededPrograms)
    .filter(([program]) => !folders.some((folder) => existsSync(join(folder, program))))
    .map(([program, debian]) => `\`${program}\` is missing (Debian package ${debian})`);
  const cgroups = missingHierarchies();
  return [
    ...(process.getuid?.() === 0 ? await checkKernel() : ['a node needs root']),
    ...programs,
    ...(existsSync(cniBridge) ? [] : [`\`${cniBridge}\` is missing (Debian package containernetworking-plugins)`]),
    ...(existsSync(kubeProgram) ? [] : ['Kubernetes is not built (`node scripts/kube.mjs --build`)']),
    ...(cgroups.length > 0 ? [`no cgroup v1 hierarchy with v2 beside it here: ${cgroups.join(', ')} not mounted`] : []),
  ];
}

async function checkKernel(): Promise<readonly string[]> {
  const overlay = /\boverlay$/m.test(readFileSync('/proc/filesystems', 'utf8'));
  const { status, stderr } = await tryTool('unshare', ['--net', '--mount', '--pid', '--fork', '--mount-proc', 'true']);
  return [
    ...(overlay ? [] : ['the kernel has no overlay file system']),
    ...(status === 0 ? [] : [`no namespaces can be made here: ${stderr.trim()}`]),
  ];
}
