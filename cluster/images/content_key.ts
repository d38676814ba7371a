import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const left = ['node_modules', 'out', 'dist'];

/** A key of everything in the files and folders: names and bytes. What no image takes (tests, outputs) does not count. */
export function contentKey(root: string, paths: readonly string[], also: readonly string[] = []): string {
  const hash = createHash('sha256');
  for (const word of also) hash.update(`${word}\n`);
  for (const path of paths) addPath(hash, root, path);
  return hash.digest('hex').slice(0, 16);
}

function addPath(hash: ReturnType<typeof createHash>, root: string, path: string): void {
  const stat = lstatSync(join(root, path), { throwIfNoEntry: false });
  if (stat === undefined || path.endsWith('.test.ts')) return;
  if (!stat.isDirectory()) {
    hash.update(`${path} ${stat.isSymbolicLink()}\n`).update(readFileSync(join(root, path)));
    return;
  }
  for (const name of readdirSync(join(root, path)).sort()) {
    if (!left.includes(name)) addPath(hash, root, join(path, name));
  }
}
