/** One spelling for JSON values, so that equal calls have equal digests on both sides of the wire. */
import { createHash } from 'node:crypto';
import type { JsonObject, JsonValue } from './contract.ts';

/** RFC 8785 (JCS): keys sorted by UTF-16 code units, numbers and strings as ECMAScript writes them. */
export function canonicalJson(value: JsonValue): string {
  // Whole systems go through here, most of them in order already, and ECMAScript's own writer is the fastest.
  if (isInOrder(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const object = value as JsonObject; // in order if it were no object; no array, which readonly arrays defeat
  const members = Object.keys(object)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key] as JsonValue)}`);
  return `{${members.join(',')}}`;
}

/** True when the keys of every object inside come sorted. */
function isInOrder(value: JsonValue): boolean {
  if (value === null || typeof value !== 'object') return true;
  if (Array.isArray(value)) return value.every(isInOrder);
  let last: string | null = null;
  // An integer as a key comes first in ECMAScript, wherever it would stand in the order of texts.
  for (const key in value) {
    if ((last !== null && key < last) || !isInOrder((value as JsonObject)[key] as JsonValue)) return false;
    last = key;
  }
  return true;
}

/** Lower-case hex SHA-256 of UTF-8 text or bytes. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** The digest a tool token carries and the inbound side compares: `server/name` and canonical arguments. */
export function callDigest(tool: string, callArguments: JsonObject): string {
  return sha256Hex(canonicalJson({ arguments: callArguments, tool }));
}
