import type { Message } from './proxy_config.ts';

/** Fields of which a message has one only: to set one is to clear the others (`oneof`). */
const oneofs: readonly (readonly string[])[] = [
  ['cluster', 'weighted_clusters'],
  ['route', 'direct_response', 'redirect'],
];
/** Maps: an entry is replaced, not merged. */
const maps = ['typed_per_filter_config', 'typed_extension_protocol_options'];

/** What protobuf's merge makes of two messages: fields are set, messages merged, lists appended. */
export function mergeMessage(into: Message, from: Message): Message {
  const merged: { [field: string]: unknown } = { ...into };
  for (const [field, value] of Object.entries(from)) {
    for (const other of oneofs.find((one) => one.includes(field)) ?? []) if (other !== field) delete merged[other];
    merged[field] = mergeField(field, merged[field], value);
  }
  return merged;
}

function mergeField(field: string, before: unknown, value: unknown): unknown {
  if (Array.isArray(before) && Array.isArray(value)) return [...before, ...value];
  if (!isMessage(before) || !isMessage(value)) return value;
  return maps.includes(field) ? { ...before, ...value } : mergeMessage(before, value);
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
