/** One spelling for JSON values, so that equal calls have equal digests on both sides of the wire. */
import { createHash } from 'node:crypto';
import type { JsonObject, JsonValue } from './contract.ts';

/** RFC 8785 (JCS): keys sorted by UTF-16 code units, numbers and strings as ECMAScript writes them. */
export function canonicalJson(value: JsonValue): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const object = value as JsonObject; // not an array: narrowed above, which readonly arrays defeat
  const members = Object.keys(object)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key] as JsonValue)}`);
  return `{${members.join(',')}}`;
}

/** Lower-case hex SHA-256 of UTF-8 text or bytes. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** The digest a tool token carries and the inbound side compares: `server/name` and canonical arguments. */
export function callDigest(tool: string, callArguments: JsonObject): string {
  return sha256Hex(canonicalJson({ arguments: callArguments, tool }));
}
