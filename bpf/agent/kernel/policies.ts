import { CasaError } from '../../../policies/errors.ts';
import { constants } from '../../abi.ts';
import { applyRows, type RowMaps, readRows } from '../rows/apply_rows.ts';
import { planRows } from '../rows/plan_rows.ts';
import { type KernelMap, readEntry, readKeys, removeEntry, writeEntry } from './kernel_map.ts';
import type { Libbpf } from './libbpf.ts';

/** The policy of a cgroup: the one it has already, else the lowest that is free. */
export function assignPolicy(libbpf: Libbpf, cgroups: KernelMap, cgroup: bigint): number {
  const key = keyOf(cgroup);
  const known = readEntry(libbpf, cgroups, key);
  if (known !== null) return numberOf(known);
  const used = new Set(readKeys(libbpf, cgroups).map((other) => numberOf(readEntry(libbpf, cgroups, other))));
  const policy = Array.from({ length: constants.CASA_CGROUPS_MAX }, (_, index) => index + 1).find(
    (id) => !used.has(id),
  );
  if (policy === undefined) throw new CasaError('kernel_refused', 'there are more cgroups than policies');
  const value = Buffer.alloc(cgroups.valueBytes);
  value.writeUInt32LE(policy);
  writeEntry(libbpf, cgroups, key, value);
  return policy;
}

/** Forgets a cgroup that is gone, its rows first: its policy's number will be somebody else's. */
export function removePolicy(libbpf: Libbpf, cgroups: KernelMap, maps: RowMaps, cgroup: bigint): void {
  const key = keyOf(cgroup);
  const known = readEntry(libbpf, cgroups, key);
  if (known === null) return;
  const policy = numberOf(known);
  applyRows(libbpf, maps, policy, planRows(readRows(libbpf, maps, policy), []));
  removeEntry(libbpf, cgroups, key);
}

function keyOf(cgroup: bigint): Uint8Array {
  const key = Buffer.alloc(8);
  key.writeBigUInt64LE(cgroup);
  return key;
}

function numberOf(value: Uint8Array | null): number {
  return value === null ? 0 : Buffer.from(value).readUInt32LE();
}
