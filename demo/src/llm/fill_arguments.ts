import type { OfferedProperty, OfferedTool } from './chat.ts';
import { amountIn, choicesIn, dateIn, idsIn, namedIn, readingsIn, subjectIn } from './extract.ts';

export interface Arguments {
  readonly [name: string]: string | number;
}

/** Rows with an id and a name that tools returned so far. */
export interface KnownRow {
  readonly id: string;
  readonly name: string;
}

/** The calls of one tool that a text asks for, or what must be looked up first. */
export type Filled =
  | { readonly kind: 'calls'; readonly calls: readonly Arguments[] }
  | { readonly kind: 'look_up'; readonly property: string };

/** Fills a tool's arguments from the text and from what is known; no call at all when something cannot be known. */
export function fillArguments(tool: OfferedTool, text: string, known: readonly KnownRow[]): Filled {
  const repeated = repeatedCalls(tool, text);
  if (repeated !== null) return { kind: 'calls', calls: repeated };
  const filled: { [name: string]: string | number } = {};
  for (const [property, schema] of Object.entries(tool.properties)) {
    const value = valueFor(property, schema, text, known);
    if (value !== null) filled[property] = value;
    else if (tool.required.includes(property)) {
      return idKind(schema) === null ? { kind: 'calls', calls: [] } : { kind: 'look_up', property };
    }
  }
  return { kind: 'calls', calls: [filled] };
}

/** One call for each id that the text names, or for each reading it asks for. */
function repeatedCalls(tool: OfferedTool, text: string): readonly Arguments[] | null {
  const [property, another] = tool.required;
  const kind = idKind(property === undefined ? undefined : tool.properties[property]);
  if (property === undefined || another !== undefined || kind === null) return null;
  const ids = idsIn(text, kind);
  const readings = readingsIn(text);
  if (ids.length === 0) return null;
  if (readings === 1 || tool.properties.limit === undefined) return ids.map((id) => ({ [property]: id }));
  const id = ids[0] ?? '';
  return Array.from({ length: readings }, (_, index) => ({ [property]: id, limit: index + 1 }));
}

function valueFor(
  property: string,
  schema: OfferedProperty,
  text: string,
  known: readonly KnownRow[],
): string | number | null {
  const kind = idKind(schema);
  if (kind !== null) return idOf(kind, text, known);
  if (schema.enum !== undefined) return choicesIn(text, schema.enum)[property === 'to' ? 1 : 0] ?? null;
  if (property === 'amount') return amountIn(text);
  if (property === 'date') return dateIn(text);
  if (property === 'query' || property === 'name') return subjectIn(text);
  return namedIn(text, property);
}

function idOf(kind: string, text: string, known: readonly KnownRow[]): string | null {
  const lower = text.toLowerCase();
  const rows = known.filter((row) => row.id.startsWith(`${kind}-`));
  return idsIn(text, kind)[0] ?? rows.find((row) => lower.includes(row.name.toLowerCase()))?.id ?? null;
}

/** `ACC` of a property whose pattern is `^ACC-...`. */
function idKind(schema: OfferedProperty | undefined): string | null {
  return /^\^([A-Z]+)-/.exec(schema?.pattern ?? '')?.[1] ?? null;
}
