import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, type ProcessMark } from '../sidecar/process/process_mark.ts';
import { removeKernelLayer } from './kernel/kernel_layer.ts';
import { removeNetwork } from './network/netns.ts';
import type { Mode } from './plan/planned.ts';

/** What a run leaves in its state directory, so that a later one can clear up after it when it was killed. */
export interface RunRecord {
  readonly id: string;
  readonly mode: Mode;
  /** Of `casa local` itself. */
  readonly process: ProcessMark;
  readonly run: string;
  readonly children: readonly ProcessMark[];
}

const recordName = 'run.json';
const keptMax = 3;

export function writeRecord(state: string, record: RunRecord): void {
  writeFileSync(join(state, recordName), JSON.stringify(record), { mode: 0o600 });
}

/** Forgets the run: nothing of it is left. */
export function removeRecord(state: string): void {
  rmSync(join(state, recordName), { force: true });
}

/** True when the state directory belongs to a run that still goes on. */
export function isInUse(state: string): boolean {
  const record = readRecord(state);
  return record !== null && isAlive(record.process);
}

/** Clears up after a run whose process is gone; true when there was one. */
export async function clearLeftovers(state: string): Promise<boolean> {
  const record = readRecord(state);
  if (record === null || isAlive(record.process)) return false;
  for (const child of record.children) if (isAlive(child)) endGroup(child.pid);
  if (record.mode === 'netns') {
    await removeNetwork(record.id);
    await removeKernelLayer(record.id, record.run);
  }
  rmSync(record.run, { recursive: true, force: true });
  removeRecord(state);
  return true;
}

/** State directories below the folder, oldest first. */
export function listStates(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
}

/** Removes finished runs' state directories but the latest few. */
export function pruneStates(folder: string): void {
  const finished = listStates(folder).filter((state) => readRecord(state) === null);
  for (const state of finished.slice(0, -keptMax)) rmSync(state, { recursive: true, force: true });
}

function readRecord(state: string): RunRecord | null {
  try {
    // Written by `writeRecord`.
    return JSON.parse(readFileSync(join(state, recordName), 'utf8')) as RunRecord;
  } catch {
    return null;
  }
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
