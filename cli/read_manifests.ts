/** Files and folders to manifest texts. */
import { type Dirent, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { compareText } from '../crds/issue.ts';
import type { ManifestDocument } from '../crds/load.ts';
import { textBytesMax } from '../crds/parse_yaml.ts';
import { UsageError } from './command_line.ts';

export const filesMax = 20_000;
const foldersDeepMax = 16;

/** Reads YAML and JSON files, those of folders included, sorted and each once; throws a `UsageError` where there are none. */
export function readManifests(paths: readonly string[]): readonly ManifestDocument[] {
  const files = [...new Set(paths.flatMap((path) => findFiles(path)))].sort(compareText);
  if (files.length > filesMax) throw new UsageError(`more than ${filesMax} files (give smaller folders)`);
  return files.map((source) => ({ source, text: readText(source) }));
}

function findFiles(path: string): readonly string[] {
  const stats = readStats(path);
  if (!stats.isDirectory()) return [path];
  const files = filesIn(path, 0);
  if (files.length === 0) {
    throw new UsageError(`no .yaml, .yml or .json file in \`${path}\` (give a folder with manifests)`);
  }
  return files;
}

function filesIn(folder: string, depth: number): readonly string[] {
  if (depth > foldersDeepMax) return [];
  return readEntries(folder).flatMap((entry): readonly string[] => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return entry.name === 'node_modules' || entry.name.startsWith('.') ? [] : filesIn(path, depth + 1);
    }
    return /\.(ya?ml|json)$/.test(entry.name) ? [path] : [];
  });
}

function readText(path: string): string {
  // One byte more is an issue already; a huge file is never read whole.
  if (readStats(path).size > textBytesMax) {
    throw new UsageError(`\`${path}\` is larger than ${textBytesMax} bytes (split it)`);
  }
  return orUsageError(path, () => readFileSync(path, 'utf8'));
}

function readStats(path: string): Stats {
  return orUsageError(path, () => statSync(path));
}

function readEntries(folder: string): readonly Dirent[] {
  return orUsageError(folder, () => readdirSync(folder, { withFileTypes: true }));
}

function orUsageError<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (code === 'ENOENT') throw new UsageError(`no file or folder \`${path}\` (check the path)`, { cause });
    throw new UsageError(`cannot read \`${path}\`: ${code || String(cause)} (check its rights)`, { cause });
  }
}
