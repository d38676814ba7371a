import type { JsonValue } from '../../../policies/contract.ts';

/** Text, or none. */
export function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
