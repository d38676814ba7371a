/** The tools of a MAS, as its manifest pins them. */
import type { AppTool } from '../../crds/types.ts';
import type { CompiledSystem, CompiledTool } from '../../policies/system.ts';
import type { SystemModel } from '../model.ts';
import { record } from '../record.ts';

/** Server, tool, and what the checks must know of it. A server without known tools is a key with nothing in it. */
export function knownTools({ apps, system }: SystemModel): CompiledSystem['tools'] {
  const servers = apps.filter(({ app }) => app.type === 'mcp_server');
  return record(
    servers.map(({ name, app }) => [
      name,
      record(
        (app.tools ?? []).map((tool): [string, CompiledTool] => [
          tool.name,
          { selection: tool.selection ?? system.spec.selection, reads_only: readsOnly(tool) },
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
