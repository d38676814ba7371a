/** Members that are null: to an API server they are not there. */
import type { StructuralSchema } from './structural_schema.ts';

/** Removes declared members that are null, in place: none of ours is nullable. Items of lists stay, and are issues. */
export function dropNulls(schema: StructuralSchema, value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items !== undefined) for (const item of value) dropNulls(items, item);
    return;
  }
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    if (Reflect.get(value, name) === null) Reflect.deleteProperty(value, name);
    else dropNulls(member, Reflect.get(value, name));
  }
}
