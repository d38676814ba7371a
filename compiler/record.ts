/** Objects whose keys come from users. */
import { compareText } from '../crds/issue.ts';

/** An object with these members in the order of their keys, whatever they are called, `__proto__` included. */
export function record<T>(members: Iterable<readonly [string, T]>): { readonly [key: string]: T } {
  const all = [...members];
  // Most come in order, and there are very many.
  return Object.fromEntries(isSorted(all) ? all : all.sort((a, b) => compareText(a[0], b[0])));
}

function isSorted(members: readonly (readonly [string, unknown])[]): boolean {
  let last: string | null = null;
  for (const [key] of members) {
    if (last !== null && key < last) return false;
    last = key;
  }
  return true;
}

/** The names as a set that Rego reads fastest. */
export function nameSet(names: Iterable<string>): { readonly [name: string]: true } {
  return record([...names].map((name) => [name, true]));
}

/** The own member of that name; nothing that every object has. */
export function memberOf<T>(members: { readonly [key: string]: T }, key: string): T | undefined {
  return Object.hasOwn(members, key) ? members[key] : undefined;
}

/** The items by key, in their order. */
export function groupBy<T>(items: Iterable<T>, keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
