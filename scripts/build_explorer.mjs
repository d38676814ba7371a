// Builds the Explorer to dist/explorer/ with Vite, unless it was built from the very same sources already.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = dirname(import.meta.dirname);
const built = join(root, 'dist/explorer');
const marker = join(built, '.sources');

/** Gives Vite's exit code; 0 when there is nothing to do. */
export function buildExplorer() {
  const hash = hashSources();
  if (existsSync(marker) && readFileSync(marker, 'utf8') === hash) return 0;
  const vite = [join(root, 'node_modules/vite/bin/vite.js'), 'build', join(root, 'explorer'), '--logLevel', 'warn'];
  const { status } = spawnSync(process.execPath, vite, { cwd: root, stdio: 'inherit' });
  if (status === 0) writeFileSync(marker, hash);
  return status ?? 1;
}

function hashSources() {
  const folders = ['explorer/src', 'explorer/public'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const single = ['explorer/index.html', 'explorer/vite.config.ts', 'policies/reasons.json', 'package-lock.json'];
  const hash = createHash('sha256');
  for (const path of [...folders.sort(), ...single.map((name) => join(root, name))]) {
    hash
      .update(`${path.slice(root.length)}\0`)
      .update(readFileSync(path))
      .update('\0');
  }
  return hash.digest('hex');
}
