import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { paths } from '../policies/wire.ts';
import type { LedgerRow } from './ledger.ts';
import { type Stack, until } from './stack.ts';

/** One part of CASA that is away, or hangs, and comes back. */
export interface Fault {
  readonly role: 'runtime' | 'ext-authz' | 'envoy';
  /** Whose; several are struck together. null: the runtime. */
  readonly apps: readonly (string | null)[];
  /** `SIGKILL`: it is gone until `casa local` starts it again. `SIGSTOP`: it hangs. */
  readonly signal: 'SIGKILL' | 'SIGSTOP';
}

/** When nothing could be done, and from when on something could again. */
export interface Outage {
  readonly downAtMs: number;
  /** Its process is there again: until now there can have been no row. */
  readonly upAtMs: number;
  /** It says that it serves. */
  readonly servesAtMs: number;
}

const endsWithinMs = 2_000;
const servesWithinMs = 20_000;

/** Strikes and waits until the part is back: started again, or let go on after `hangMs`. */
export async function strike(stack: Stack, fault: Fault, hangMs: number): Promise<Outage> {
  const pids = fault.apps.map((app) => stack.pid(fault.role, app));
  for (const pid of pids) process.kill(pid, fault.signal);
  if (fault.signal === 'SIGSTOP') return hang(pids, hangMs);
  await until('the processes have ended', () => pids.every((pid) => isGone(pid)), endsWithinMs);
  const downAtMs = Date.now();
  const startedAgain = (app: string | null) => {
    const name = app === null ? fault.role : `${fault.role} of ${app}`;
    return stack.said.find(({ atMs, line }) => atMs >= downAtMs && line === `${name} started again`)?.atMs ?? null;
  };
  const ups = fault.apps.map((app) => until('it is started again', () => startedAgain(app), hangMs * 2));
  const upAtMs = Math.min(...(await Promise.all(ups)));
  await Promise.all(
    fault.apps.map((app) => until('it serves', () => serves(stack, fault.role, app, upAtMs), servesWithinMs)),
  );
  return { downAtMs, upAtMs, servesAtMs: Date.now() };
}

/** The rows that were written from `fromMs` to `toMs`. */
export function rowsBetween(rows: readonly LedgerRow[], fromMs: number, toMs: number): readonly LedgerRow[] {
  return rows.filter(({ at }) => Date.parse(at) >= fromMs && Date.parse(at) < toMs);
}

/** Whether the part that was started at `sinceMs` does its work. */
async function serves(stack: Stack, role: Fault['role'], app: string | null, sinceMs: number): Promise<boolean> {
  switch (role) {
    case 'runtime':
      return fetch(stack.state.runtimeUrl + paths.ready).then(
        ({ ok }) => ok,
        () => false,
      );
    case 'envoy':
      return answersReady(join(stack.run.places.run, 'pep', app ?? '', 'admin.sock'));
    case 'ext-authz':
      return saidReady(join(stack.run.places.logs, `ext-authz-${app}.log`), sinceMs);
  }
}

function answersReady(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path: '/ready' }, (answer) => resolve(answer.resume().statusCode === 200));
    asked.on('error', () => resolve(false));
    asked.end();
  });
}

function saidReady(log: string, sinceMs: number): boolean {
  const lines = readFileSync(log, 'utf8').split('\n');
  return lines.some((line) => line.includes('"msg":"ready"') && JSON.parse(line).time >= sinceMs);
}

async function hang(pids: readonly number[], hangMs: number): Promise<Outage> {
  try {
    await until('they hang', () => pids.every((pid) => stateOf(pid) === 'T'), endsWithinMs);
    const downAtMs = Date.now();
    await until('the time is over', () => Date.now() - downAtMs >= hangMs, hangMs * 2);
    return { downAtMs, upAtMs: Date.now(), servesAtMs: Date.now() };
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
}

function isGone(pid: number): boolean {
  const state = stateOf(pid);
  return state === null || state === 'Z';
}

/** The kernel's letter for what a process does; null: there is none. */
function stateOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).charAt(0);
  } catch {
    return null;
  }
}
