/** The tools of a MAS as its operator pinned them. */
import type { ToolDefinition } from '../semantic/semantic_check.ts';
import type { ServedMas } from './policy_set.ts';

/** null: there is no such tool. */
export function pinnedTool({ pep, toolClasses }: ServedMas, server: string, name: string): ToolDefinition | null {
  const tools = pep.apps[server]?.tools ?? {};
  const pinned = Object.hasOwn(tools, name) ? tools[name] : undefined;
  if (pinned === undefined) return null;
  const { description, annotations, inputSchema } = pinned;
  return {
    server,
    name,
    description,
    annotations,
    inputSchema,
    classes: toolClasses.get(`${server}/${name}`) ?? null,
  };
}

export function pinnedTools(served: ServedMas): readonly ToolDefinition[] {
  return Object.entries(served.pep.apps).flatMap(([server, { tools }]) =>
    Object.keys(tools).flatMap((name) => pinnedTool(served, server, name) ?? []),
  );
}
