/** The tools of a MAS, as its manifest pins them. */
import type { AppTool, MultiAgentSystem } from '../crds/types.ts';
import type { CompiledSystem, CompiledTool } from '../policies/system.ts';
import { record } from './record.ts';

/** Server, tool, and what the checks must know of it. A server without known tools is a key with nothing in it. */
export function knownTools({ spec }: MultiAgentSystem): CompiledSystem['tools'] {
  const servers = spec.apps.filter((app) => app.type === 'mcp_server');
  return record(
    servers.map(({ name, tools = [] }) => [
      name,
      record(
        tools.map((tool): [string, CompiledTool] => [
          tool.name,
          { reads_only: readsOnly(tool), selection: tool.selection ?? spec.selection },
        ]),
      ),
    ]),
  );
}

/** INVARIANT (deny by default): a tool of which nothing is said is taken to write. */
function readsOnly({ classes, annotations }: AppTool): boolean {
  if (classes !== undefined) return classes.length > 0 && classes.every((name) => name === 'read');
  return annotations?.readOnlyHint === true;
}
