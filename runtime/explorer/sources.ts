import type { Parts } from '../parts.ts';
import type { Tally } from './tally.ts';

/** What every view is made from. */
export interface Sources {
  readonly parts: Parts;
  readonly tally: Tally;
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
