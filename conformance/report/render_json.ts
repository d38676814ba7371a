import type { BehaviourResult } from '../run/result.ts';

/** All results as one JSON document, for programs. */
export function renderJson(results: readonly BehaviourResult[]): string {
  return `${JSON.stringify({ results }, null, 2)}\n`;
}
