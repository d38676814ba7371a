/** Times and numbers for people. */

export function clock(at: string): string {
  return at === '' ? '' : new Date(at).toLocaleTimeString('en-GB');
}

export function dateAndClock(at: string): string {
  const date = new Date(at);
  return `${date.toLocaleDateString('en-CA')} ${date.toLocaleTimeString('en-GB')}`;
}

/** How long after the start, such as `+1.204 s`. */
export function sinceStart(startedAt: string, at: string): string {
  const ms = Date.parse(at) - Date.parse(startedAt);
  if (!Number.isFinite(ms)) return '';
  if (Math.abs(ms) < 60_000) return `+${(ms / 1000).toFixed(3)} s`;
  return `+${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1000)} s`;
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

export function counted(value: number, one: string, many: string): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}
