/** Whether a tool call is one that the LLM selected: same tool, same arguments where nulls and defaults are set aside. */
import { canonicalJson } from '../../policies/canonical.ts';
import type { JsonObject, JsonValue } from '../../policies/contract.ts';

export interface StoredSelection {
  /** Where it is stored. */
  readonly key: string;
  /** `server/name` */
  readonly tool: string | null;
  readonly arguments: JsonObject;
  readonly consumed: boolean;
}

export interface Call {
  /** `server/name` */
  readonly tool: string;
  readonly arguments: JsonObject;
  readonly inputSchema: JsonValue;
  readonly selection: 'exact' | 'name';
}

export interface SelectionMatch {
  readonly match: 'none' | 'name' | 'exact';
  readonly consumed: boolean;
  /** The selection that an allowed exchange uses up; null when none can be. */
  readonly key: string | null;
}

/** The best selection for the call: one that can allow it first, then one that explains best why none does. */
export function matchSelection(call: Call, selections: readonly StoredSelection[]): SelectionMatch {
  const wanted = comparable(call.arguments, call.inputSchema);
  const named = selections.filter(({ tool }) => tool === call.tool);
  const exact = named.filter((selection) => comparable(selection.arguments, call.inputSchema) === wanted);
  const unconsumed = (selection: StoredSelection) => !selection.consumed;
  const first = exact.find(unconsumed);
  if (first !== undefined) return { match: 'exact', consumed: false, key: first.key };
  const sameName = named.find(unconsumed);
  if (call.selection === 'name' && sameName !== undefined) return { match: 'name', consumed: false, key: sameName.key };
  if (exact.length > 0) return { match: 'exact', consumed: true, key: null };
  if (named.length > 0) return { match: 'name', consumed: sameName === undefined, key: null };
  return { match: 'none', consumed: false, key: null };
}

/** Canonical JSON without members that are null or the schema's default. */
export function comparable(value: JsonValue, schema: JsonValue): string {
  return canonicalJson(withoutDefaults(value, schema));
}

function withoutDefaults(value: JsonValue, schema: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => withoutDefaults(item, member(schema, 'items')));
  if (!isObject(value)) return value;
  const properties = member(schema, 'properties');
  const kept = Object.entries(value)
    .map(([name, child]): [string, JsonValue] => [name, withoutDefaults(child, member(properties, name))])
    .filter(([name, child]) => !isSetAside(child, member(properties, name)));
  // Not an assignment by name: `__proto__` must stay a member.
  return Object.fromEntries(kept);
}

/** A null stands for an absent member, unless absent would mean some other default. */
function isSetAside(value: JsonValue, schema: JsonValue): boolean {
  const byDefault = member(schema, 'default');
  return canonicalJson(value) === canonicalJson(withoutDefaults(byDefault, schema));
}

/** A member of a schema; null where there is none. */
function member(schema: JsonValue, name: string): JsonValue {
  return isObject(schema) && Object.hasOwn(schema, name) ? (schema[name] ?? null) : null;
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
