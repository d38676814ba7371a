/** Where this machine keeps the programs of a PostgreSQL server: Debian keeps them out of PATH, one folder a version. */
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const versions = '/usr/lib/postgresql';

/** The folder with `initdb` and `postgres`, of the newest version; null: there is none. */
export function findPostgresPrograms(): string | null {
  const installed = existsSync(versions) ? readdirSync(versions).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...installed.map((version) => join(versions, version, 'bin')), ...pathFolders()];
  return folders.find((folder) => ['initdb', 'postgres'].every((name) => existsSync(join(folder, name)))) ?? null;
}

function pathFolders(): readonly string[] {
  return (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
}
