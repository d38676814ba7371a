/** A call's arguments: an object in which every number means the same to every reader. */
import type { JsonObject } from '../../policies/contract.ts';

export const argumentsDepthMax = 64;

/** Arguments from JSON text, or null when they are none that can be decided about. */
export function parseArguments(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return argumentsProblem(value) === null ? (value as JsonObject) : null; // JSON, and an object: see below
  } catch {
    return null;
  }
}

/** What is wrong with arguments, or null. */
export function argumentsProblem(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'no object';
  return valueProblem(value, argumentsDepthMax);
}

function valueProblem(value: unknown, depth: number): string | null {
  if (typeof value === 'number') return numberProblem(value);
  if (typeof value !== 'object' || value === null) return null;
  if (depth === 0) return `deeper than ${argumentsDepthMax}`;
  for (const item of Object.values(value)) {
    const problem = valueProblem(item, depth - 1);
    if (problem !== null) return problem;
  }
  return null;
}

/** Two integers beyond 2^53 read alike here and differ for the server: such a call cannot be compared. */
function numberProblem(value: number): string | null {
  if (!Number.isFinite(value)) return 'a number too large';
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? 'an integer beyond 2^53' : null;
}
