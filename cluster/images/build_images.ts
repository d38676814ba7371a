import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CasaError } from '../../policies/errors.ts';
import { casaFolder } from '../casa_folder.ts';
import { runTool } from '../run_tool.ts';
import { makeBaseTree } from './base_tree.ts';
import { contentKey } from './content_key.ts';
import { baseImages, casaImages, type Target } from './image_names.ts';
import { writeOciArchive } from './oci_archive.ts';

const dockerfile = 'charts/images/Dockerfile';
/** The build's context, as `Dockerfile.dockerignore` lets it in, and the Dockerfile. */
const inputs = [
  ...[
    'package.json',
    'package-lock.json',
    '.npmrc',
    'LICENSE',
    'NOTICE',
    'tsconfig.json',
    'tsconfig.build.json',
    'scripts',
  ],
  ...['crds', 'policies', 'compiler', 'runtime', 'ext-authz', 'sidecar', 'bpf', 'explorer', 'local', 'conformance'],
  ...['cli', 'demo', '.tools/models', '.tools/bpf', 'charts/images'],
];
const targets = Object.keys(casaImages) as readonly Target[]; // the keys of a literal

/** What makes the base image. */
const baseSources = ['cluster/images/base_tree.ts', 'cluster/images/oci_archive.ts'];

/** Where archives are kept, by a key of what they are made of. */
const kept = join(casaFolder, '.tools/images');
/** buildah's layers, `npm ci` among them; nothing is removed here, for that takes longer than building: `make clean` does. */
const storage = join(kept, 'storage');

/** An OCI archive of each image, built by buildah where its sources changed. */
export async function buildImages(say: (line: string) => void): Promise<readonly string[]> {
  const node = findNode();
  const key = contentKey(casaFolder, inputs, [node]);
  const archives = targets.map((target) => join(kept, `${target}-${key}.tar`));
  if (archives.every((archive) => existsSync(archive))) return archives;
  mkdirSync(kept, { recursive: true });
  const run = mkdtempSync(join(tmpdir(), 'casa-buildah-'));
  const buildah = (...argv: readonly string[]) =>
    // It leaves mounts behind: in a mount namespace of its own they end with it.
    runTool('unshare', [
      ...['--mount', '--propagation', 'private', 'buildah', '--root', storage, '--runroot', run],
      ...['--storage-driver', 'overlay', ...argv],
    ]);
  try {
    for (const [name, archive] of [
      [baseImages.node, await baseNode(node)],
      [baseImages.envoy, await baseEnvoy()],
    ] as const) {
      await buildah('pull', '--quiet', `oci-archive:${archive}:${name}`);
    }
    for (const [index, target] of targets.entries()) {
      say(`building ${casaImages[target]}`);
      await buildOne(buildah, target, archives[index] ?? '');
    }
  } finally {
    rmSync(run, { recursive: true, force: true });
  }
  for (const name of readdirSync(kept)) {
    const isOld = targets.some((target) => name.startsWith(`${target}-`)) && !name.includes(key);
    if (isOld) rmSync(join(kept, name), { force: true });
  }
  return archives;
}

async function buildOne(
  buildah: (...argv: readonly string[]) => Promise<string>,
  target: Target,
  archive: string,
): Promise<void> {
  const name = casaImages[target];
  await buildah(
    ...['build', '--isolation', 'chroot', '--pull-never', '--layers', '--format', 'oci'],
    ...['--file', join(casaFolder, dockerfile), '--ignorefile', join(casaFolder, `${dockerfile}.dockerignore`)],
    ...['--target', target, '--tag', name, casaFolder],
  );
  const unfinished = `${archive}.${process.pid}`;
  // This kind of archive is not compressed: it goes no further than this machine.
  await buildah('push', '--quiet', name, `docker-archive:${unfinished}:${name}`);
  renameSync(unfinished, archive);
}

async function baseNode(node: string): Promise<string> {
  const archive = join(kept, `base-${contentKey(casaFolder, baseSources, [node])}.tar`);
  if (existsSync(archive)) return archive;
  const tree = mkdtempSync(join(tmpdir(), 'casa-base-'));
  try {
    await makeBaseTree(tree, { node, npm: findNpm() });
    const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    await writeOciArchive(tree, baseImages.node, archive, { Env: [`PATH=${path}`], Cmd: ['node'] });
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
  return archive;
}

/** The Envoy that `scripts/install_envoy.mjs` installed, where the official image has it. */
async function baseEnvoy(): Promise<string> {
  const archive = join(kept, 'base-envoy.tar');
  const tree = mkdtempSync(join(tmpdir(), 'casa-envoy-'));
  try {
    mkdirSync(join(tree, 'usr/local/bin'), { recursive: true });
    await runTool('cp', [join(casaFolder, '.tools/envoy-1.40.0/envoy'), join(tree, 'usr/local/bin/envoy')]);
    await writeOciArchive(tree, baseImages.envoy, archive);
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
  return archive;
}

/** Node 24, as `scripts/install_node.mjs` installs it. */
function findNode(): string {
  const tools = join(casaFolder, '.tools');
  const folder = readdirSync(tools).find((name) => name.startsWith('node-24.'));
  if (folder === undefined) throw new CasaError('tool_missing', 'Node 24 is not installed: run `make test` once');
  return join(tools, folder, 'node');
}

/** npm's own folder, from its command on the path. */
function findNpm(): string {
  for (const folder of (process.env.PATH ?? '').split(':')) {
    const command = join(folder, 'npm');
    // The command is a link to `npm/bin/npm-cli.js`.
    if (existsSync(command)) return dirname(dirname(realpathSync(command)));
  }
  throw new CasaError('tool_missing', 'npm is not on the path');
}
