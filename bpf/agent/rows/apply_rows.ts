import { constants } from '../../abi.ts';
import { type KernelMap, readKeys, removeEntry, writeEntry } from '../kernel/kernel_map.ts';
import type { Libbpf } from '../kernel/libbpf.ts';
import { type KernelRow, packRow, unpackRow } from './kernel_row.ts';
import type { RowAction } from './plan_rows.ts';

/** The two maps that hold rows. */
export type RowMaps = { readonly [name in 'casa_exact' | 'casa_prefix']: KernelMap };

const allowed = Uint8Array.of(constants.CASA_ROW_ALLOW, 0, 0, 0);

/** Does what was planned for one policy; throws CasaError('kernel_refused'), then read the rows again. */
export function applyRows(libbpf: Libbpf, maps: RowMaps, policy: number, actions: readonly RowAction[]): void {
  for (const { kind, row } of actions) {
    const { map, key } = packRow(policy, row);
    if (kind === 'add') writeEntry(libbpf, maps[map], key, allowed);
    else removeEntry(libbpf, maps[map], key);
  }
}

/** The rows of one policy as the kernel has them. */
export function readRows(libbpf: Libbpf, maps: RowMaps, policy: number): readonly KernelRow[] {
  return (['casa_exact', 'casa_prefix'] as const).flatMap((map) =>
    readKeys(libbpf, maps[map]).flatMap((key) => {
      const unpacked = unpackRow({ map, key });
      return unpacked?.policy === policy ? [unpacked.row] : [];
    }),
  );
}
