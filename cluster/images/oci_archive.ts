import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runTool } from '../run_tool.ts';

export interface ImageConfig {
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const architectures: { readonly [node: string]: string } = { x64: 'amd64', arm64: 'arm64' };
const oci = 'application/vnd.oci.image';

/** Writes an image of one layer, the files below `tree`, under its full name; the same files make the same bytes. */
export async function writeOciArchive(
  tree: string,
  name: string,
  archive: string,
  config: ImageConfig = {},
): Promise<void> {
  mkdirSync(dirname(archive), { recursive: true });
  const scratch = mkdtempSync(`${archive}.`);
  const blobs = join(scratch, 'blobs/sha256');
  mkdirSync(blobs, { recursive: true });
  const put = (value: unknown, mediaType: string): Descriptor => {
    const bytes = Buffer.from(JSON.stringify(value));
    const hash = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(blobs, hash), bytes);
    return { mediaType, digest: `sha256:${hash}`, size: bytes.length };
  };
  try {
    const layer = await putLayer(tree, scratch, blobs);
    const configured = put(
      {
        architecture: architectures[process.arch] ?? process.arch,
        os: 'linux',
        config,
        rootfs: { type: 'layers', diff_ids: [layer.digest] },
        // buildah counts the layers by their history.
        history: [{ created_by: 'cluster/images' }],
      },
      `${oci}.config.v1+json`,
    );
    const mediaType = `${oci}.manifest.v1+json`;
    const manifest = put({ schemaVersion: 2, mediaType, config: configured, layers: [layer] }, mediaType);
    // containerd reads the first name, buildah the second.
    const annotations = { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name };
    const index = { schemaVersion: 2, manifests: [{ ...manifest, annotations }] };
    writeFileSync(join(scratch, 'index.json'), JSON.stringify(index));
    writeFileSync(join(scratch, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    const unfinished = join(scratch, 'archive.tar');
    await runTool('tar', ['-C', scratch, '-cf', unfinished, 'oci-layout', 'index.json', 'blobs']);
    // Whole or not at all: another run may be writing the same.
    renameSync(unfinished, archive);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function putLayer(tree: string, scratch: string, blobs: string): Promise<Descriptor> {
  const file = join(scratch, 'layer.tar');
  const same = ['--sort=name', '--mtime=@0', '--numeric-owner', '--owner=0', '--group=0'];
  await runTool('tar', [...same, '-C', tree, '-cf', file, '.']);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  const digest = hash.digest('hex');
  renameSync(file, join(blobs, digest));
  const size = statSync(join(blobs, digest)).size;
  return { mediaType: `${oci}.layer.v1.tar`, digest: `sha256:${digest}`, size };
}
