import { readFileSync } from 'node:fs';

/** A process, told from a later one with the same number by when it started. */
export interface ProcessMark {
  readonly pid: number;
  readonly started: string;
}

export function markProcess(pid: number): ProcessMark {
  return { pid, started: startOf(pid) ?? '' };
}

/** Whether that very process is there. */
export function isAlive(mark: ProcessMark): boolean {
  return startOf(mark.pid) === mark.started && mark.started !== '';
}

/** When a process started, in the kernel's words; null: there is none. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold anything; the start is the 20th field after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
