import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runTool } from '../run_tool.ts';
import { contentKey } from './content_key.ts';
import { writeOciArchive } from './oci_archive.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'casa-oci-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('an archive names its image for containerd and for buildah, and each blob by its digest', async () => {
  const tree = join(folder, 'tree');
  mkdirSync(tree);
  writeFileSync(join(tree, 'file'), 'text');
  const archive = join(folder, 'image.tar');
  await writeOciArchive(tree, 'docker.io/casa/x:1', archive, { Cmd: ['/file'] });
  const index = JSON.parse(await runTool('tar', ['-xOf', archive, 'index.json']));
  expect(index.manifests[0].annotations).toEqual({
    'io.containerd.image.name': 'docker.io/casa/x:1',
    'org.opencontainers.image.ref.name': 'docker.io/casa/x:1',
  });
  const blob = async (digest: string) => runTool('tar', ['-xOf', archive, `blobs/sha256/${digest.slice(7)}`]);
  const manifest = JSON.parse(await blob(index.manifests[0].digest));
  const config = JSON.parse(await blob(manifest.config.digest));
  expect(config.config).toEqual({ Cmd: ['/file'] });
  expect(config.rootfs.diff_ids).toEqual([manifest.layers[0].digest]);
  expect(await blob(manifest.layers[0].digest)).toContain('text');
});

test('the same files make the same layer, whenever they were written', async () => {
  const digests: string[] = [];
  for (const name of ['one', 'other']) {
    const tree = join(folder, name);
    mkdirSync(tree);
    writeFileSync(join(tree, 'file'), 'text');
    utimesSync(join(tree, 'file'), digests.length, digests.length);
    const archive = join(folder, `${name}.tar`);
    await writeOciArchive(tree, 'docker.io/casa/x:1', archive);
    digests.push(await runTool('tar', ['-xOf', archive, 'index.json']));
  }
  expect(digests[0]).toBe(digests[1]);
});

test('a key changes with a byte or a name that an image takes, and with nothing else', () => {
  const root = mkdtempSync(join(folder, 'key-'));
  mkdirSync(join(root, 'src/node_modules'), { recursive: true });
  writeFileSync(join(root, 'src/a.ts'), 'a');
  const key = () => contentKey(root, ['src', 'absent']);
  const first = key();
  writeFileSync(join(root, 'src/a.test.ts'), 'a test');
  writeFileSync(join(root, 'src/node_modules/b'), 'b');
  expect(key()).toBe(first);
  writeFileSync(join(root, 'src/a.ts'), 'b');
  const second = key();
  expect(second).not.toBe(first);
  writeFileSync(join(root, 'src/b.ts'), readFileSync(join(root, 'src/a.ts')));
  expect(key()).not.toBe(second);
  expect(contentKey(root, ['src'], ['other node'])).not.toBe(contentKey(root, ['src']));
});
