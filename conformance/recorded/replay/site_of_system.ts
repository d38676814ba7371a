/** A compiled MAS of a user as the place where runs are replayed. */
import type { CompiledMas } from '../../../compiler/compile.ts';
import { memberOf } from '../../../compiler/record.ts';
import { quote } from '../../../crds/quote.ts';
import type { ToolPlace } from './mas_of_run.ts';
import type { BuiltSite } from './replay_site.ts';

/**
 * The only agent of these systems, or the one named `app`, makes the recorded calls. A recorded name is `server/name`, or
 * the name of a tool that one server alone has.
 */
export function siteOfSystem(systems: readonly CompiledMas[], app: string | null): BuiltSite {
  const agents = systems.flatMap((compiled) =>
    Object.entries(compiled.system.apps)
      .filter(([name, { type }]) => (app === null ? type === 'agent' : name === app))
      .map(([name]) => ({ compiled, agent: name })),
  );
  const [only, other] = agents;
  if (only === undefined)
    return { kind: 'problem', why: app === null ? 'no agent was compiled' : `no app ${quote(app)} was compiled` };
  if (other !== undefined) return { kind: 'problem', why: 'there is more than one agent (name it with `--app`)' };
  return { kind: 'site', site: { ...only, placeOf: (tool) => placeIn(only.compiled, tool) } };
}

function placeIn({ system }: CompiledMas, tool: string): ToolPlace | null {
  const slash = tool.indexOf('/');
  const [prefix, rest] = [tool.slice(0, Math.max(slash, 0)), tool.slice(slash + 1)];
  const prefixed = memberOf(memberOf(system.tools, prefix) ?? {}, rest);
  if (slash > 0 && prefixed !== undefined) return { server: prefix, name: rest };
  const servers = Object.keys(system.tools).filter(
    (server) => memberOf(system.tools[server] ?? {}, tool) !== undefined,
  );
  const [only, other] = servers;
  return only === undefined || other !== undefined ? null : { server: only, name: tool };
}
