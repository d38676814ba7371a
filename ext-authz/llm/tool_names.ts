import { canonicalJson } from '../../policies/canonical.ts';
import type { JsonObject, JsonValue } from '../../policies/contract.ts';
import type { LoadedPolicy } from '../bundle/loaded_policy.ts';
import type { OfferedTool } from '../protocols/call.ts';
import { isJsonObject } from '../protocols/strict_json.ts';

/**
 * The tool (`server/name`) an LLM's name stands for: the one whose pinned definition equals the offered one, or whom the
 * app's naming pattern gives this name. null when there is none, or more than one.
 */
export function mapToolName(
  policy: Pick<LoadedPolicy, 'pep' | 'system'>,
  app: string,
  offered: readonly OfferedTool[],
  llmName: string,
): string | null {
  const definitions = offered.filter((tool) => tool.name === llmName);
  const definition = definitions.length === 1 ? definitions[0] : undefined;
  const pattern = policy.pep.apps[app]?.toolNames ?? null;
  const candidates = new Set<string>();
  // Only what the app may call can be meant.
  for (const server of Object.keys(policy.system.apps[app]?.callees ?? {})) {
    for (const [name, tool] of Object.entries(policy.pep.apps[server]?.tools ?? {})) {
      const named = pattern !== null && renderPattern(pattern, server, name) === llmName;
      const same =
        definition !== undefined && name === llmName && isSameSchema(definition.parameters, tool.inputSchema);
      if (named || same) candidates.add(`${server}/${name}`);
    }
  }
  return candidates.size === 1 ? ([...candidates][0] ?? null) : null;
}

function renderPattern(pattern: string, server: string, name: string): string {
  return pattern.replace(/\{(server|tool|name)\}/g, (_, word) => (word === 'server' ? server : name));
}

function isSameSchema(a: JsonObject, b: JsonObject): boolean {
  return canonicalJson(comparable(a)) === canonicalJson(comparable(b));
}

const decoration = new Set(['$schema', 'title', 'additionalProperties']);

/** A schema without what agent frameworks add or take away on the way to an LLM. */
function comparable(schema: JsonObject): JsonObject {
  const kept: [string, JsonValue][] = [];
  for (const [key, value] of Object.entries(schema)) {
    if (decoration.has(key)) continue;
    if (key === 'properties' && isJsonObject(value)) {
      const members = Object.entries(value).map(([name, member]): [string, JsonValue] => [
        name,
        comparableValue(member),
      ]);
      if (members.length > 0) kept.push([key, Object.fromEntries(members)]);
    } else if (key === 'required' && Array.isArray(value)) {
      if (value.length > 0) kept.push([key, [...(value as readonly JsonValue[])].sort()]);
    } else {
      kept.push([key, comparableValue(value)]);
    }
  }
  return Object.fromEntries(kept);
}

function comparableValue(value: JsonValue): JsonValue {
  return isJsonObject(value) ? comparable(value) : value;
}
