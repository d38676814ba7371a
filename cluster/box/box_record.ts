import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, type ProcessMark } from '../../sidecar/process/process_mark.ts';
import { removeCgroups } from './cgroups.ts';
import { boxPlaces } from './places.ts';

/** What a box leaves in its folder, so that a later one can clear up after it when it was killed. */
export interface BoxRecord {
  readonly owner: ProcessMark;
  readonly cgroups: readonly string[];
}

const folderPrefix = 'casa-box-';
const removedWithinMs = 15_000;

export function makeBoxFolder(): string {
  return mkdtempSync(join(tmpdir(), folderPrefix));
}

export function writeRecord(folder: string, record: BoxRecord): void {
  writeFileSync(boxPlaces(folder).record, JSON.stringify(record), { mode: 0o600 });
}

/** Removes all that a box left: its processes must have been ended. */
export async function removeBox(folder: string, cgroups: readonly string[]): Promise<void> {
  await removeCgroups(cgroups, removedWithinMs);
  const deadline = performance.now() + removedWithinMs;
  for (;;) {
    try {
      rmSync(folder, { recursive: true, force: true });
      return;
    } catch (error) {
      // The last process takes the box's mounts with it, a moment after it.
      if (performance.now() > deadline) throw error;
      await sleep(100);
    }
  }
}

/** Clears up after boxes whose owners were killed; the folders that were there. Boxes of others that go on are left alone. */
export async function clearLeftovers(): Promise<readonly string[]> {
  const folders = readdirSync(tmpdir())
    .filter((name) => name.startsWith(folderPrefix))
    .map((name) => join(tmpdir(), name));
  const cleared: string[] = [];
  for (const folder of folders) {
    const record = readRecord(folder);
    if (record === null || isAlive(record.owner)) continue;
    await removeBox(folder, record.cgroups);
    cleared.push(folder);
  }
  return cleared;
}

function readRecord(folder: string): BoxRecord | null {
  const file = boxPlaces(folder).record;
  try {
    // Written by `writeRecord`.
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as BoxRecord) : null;
  } catch {
    return null;
  }
}
