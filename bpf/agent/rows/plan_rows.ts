import { type KernelRow, rowId } from './kernel_row.ts';

export interface RowAction {
  readonly kind: 'remove' | 'add';
  readonly row: KernelRow;
}

/** What makes `current` into `wanted`: removals first, so that a full map keeps nothing open. What is in both is not touched. */
export function planRows(current: readonly KernelRow[], wanted: readonly KernelRow[]): readonly RowAction[] {
  const has = new Set(current.map(rowId));
  const wants = new Set(wanted.map(rowId));
  return [
    ...distinct(current.filter((row) => !wants.has(rowId(row)))).map((row) => ({ kind: 'remove', row }) as const),
    ...distinct(wanted.filter((row) => !has.has(rowId(row)))).map((row) => ({ kind: 'add', row }) as const),
  ];
}

function distinct(rows: readonly KernelRow[]): readonly KernelRow[] {
  return [...new Map(rows.map((row) => [rowId(row), row])).values()];
}
