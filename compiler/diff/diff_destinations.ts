/** Destinations other than tools that an app may newly reach, or no longer. */
import type { CompiledMas } from '../compiled_mas.ts';
import { memberOf } from '../record.ts';
import type { DestinationChange } from './change.ts';

export function diffDestinations(
  mas: string,
  app: string,
  old: CompiledMas | null,
  now: CompiledMas | null,
): readonly DestinationChange[] {
  const before = destinationsOf(old, app);
  const after = destinationsOf(now, app);
  const change = (kind: DestinationChange['change'], from: ReadonlySet<string>, to: ReadonlySet<string>) =>
    [...to]
      .filter((destination) => !from.has(destination))
      .sort()
      .map((destination): DestinationChange => ({ kind: 'destination', mas, app, change: kind, destination }));
  return [...change('newly_allowed', before, after), ...change('newly_denied', after, before)];
}

/** Servers reached by MCP are left to their tools. */
function destinationsOf(compiled: CompiledMas | null, name: string): ReadonlySet<string> {
  const app = memberOf(compiled?.system.apps ?? {}, name);
  if (app === undefined) return new Set();
  const callees = Object.entries(app.callees).flatMap(([callee, protocols]) =>
    Object.keys(protocols)
      .filter((protocol) => protocol !== 'mcp')
      .map((protocol) => `${protocol} ${callee}`),
  );
  const exact = Object.entries(app.endpoints.exact).flatMap(([hostPort, protocols]) =>
    Object.keys(protocols).map((protocol) => `${protocol} ${hostPort}`),
  );
  const prefixes = app.endpoints.prefixes.map(({ cidr, port, protocol }) => `${protocol} ${cidr} port ${port}`);
  return new Set([...callees, ...exact, ...prefixes, ...Object.keys(app.llm).map((hostPort) => `llm ${hostPort}`)]);
}
