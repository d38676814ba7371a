/** Lists that Kubernetes keeps as sets and maps have no element twice. */
import type { FieldPath } from './field_path.ts';
import { quote } from './quote.ts';
import type { StructuralSchema } from './structural_schema.ts';

export interface RepeatedElement {
  readonly path: FieldPath;
  readonly message: string;
}

/** Finds what stands twice in lists of type `set` and `map`. */
export function checkLists(schema: StructuralSchema, value: unknown, path: FieldPath = []): readonly RepeatedElement[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    const inner = items === undefined ? [] : value.flatMap((item, index) => checkLists(items, item, [...path, index]));
    return [...repeated(schema, value, path), ...inner];
  }
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) =>
    checkLists(member, Reflect.get(value, name), [...path, name]),
  );
}

function repeated(schema: StructuralSchema, list: readonly unknown[], path: FieldPath): readonly RepeatedElement[] {
  const type = schema['x-kubernetes-list-type'];
  if (type !== 'set' && type !== 'map') return [];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const seen = new Set<string>();
  return list.flatMap((item, index) => {
    const identity = type === 'set' ? [item] : keys.map((key) => member(item, key));
    // A missing or misshapen key is an issue of its own.
    if (!identity.every((part) => typeof part === 'string')) return [];
    const key = JSON.stringify(identity);
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    const name = quote(identity.join(', '));
    return [
      { path: type === 'set' ? [...path, index] : [...path, index, keys[0] ?? ''], message: `${name} is there twice` },
    ];
  });
}

function member(item: unknown, key: string): unknown {
  return item !== null && typeof item === 'object' ? Reflect.get(item, key) : undefined;
}
