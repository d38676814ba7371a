/** What the interfaces of LLMs have in common: text in parts, offered functions, and what the vendor would fetch. */
import type { JsonObject, JsonValue } from '../../../policies/contract.ts';
import { offeredToolsMax } from '../../limits.ts';
import type { OfferedTool } from '../call.ts';
import { isJsonObject } from '../strict_json.ts';

/** The objects of a list; anything else has none. */
export function objectsOf(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter(isJsonObject) : [];
}

/** Text, or the text of parts in a row; null for neither. */
export function contentText(content: JsonValue | undefined): string | null {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return null;
  return objectsOf(content)
    .flatMap((part) => (typeof part.text === 'string' ? [part.text] : []))
    .join('\n');
}

/** The offered functions; null when `read` does not know one of them, or when they are more than can be compared. */
export function parseOffered(
  tools: JsonValue | undefined,
  read: (tool: JsonObject) => OfferedTool | null,
): readonly OfferedTool[] | null {
  if (tools === undefined || tools === null) return [];
  if (!Array.isArray(tools) || tools.length > offeredToolsMax) return null;
  const offered = (tools as readonly JsonValue[]).map((tool) => (isJsonObject(tool) ? read(tool) : null));
  return offered.every((tool) => tool !== null) ? offered : null;
}

export function offeredTool(name: JsonValue | undefined, schema: JsonValue | undefined): OfferedTool | null {
  return typeof name === 'string' ? { name, parameters: isJsonObject(schema) ? schema : {} } : null;
}

const urlMembers = new Set(['url', 'image_url', 'file_url', 'video_url', 'audio_url']);

/** Whether content, however deep, names a URL that the vendor would fetch; data in the URL itself is no fetch. */
export function fetchesUrl(content: JsonValue | undefined): boolean {
  if (Array.isArray(content)) return (content as readonly JsonValue[]).some(fetchesUrl);
  if (!isJsonObject(content)) return false;
  return Object.entries(content).some(([name, value]) =>
    typeof value === 'string' ? urlMembers.has(name) && !value.startsWith('data:') : fetchesUrl(value),
  );
}
