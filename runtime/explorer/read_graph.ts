/** Who may call whom, and who did. */
import type { Graph, GraphEdge, GraphNode } from '../../policies/explorer_wire.ts';
import type { CompiledSystem } from '../../policies/system.ts';
import { noCalls } from './counts.ts';
import type { Sources } from './sources.ts';
import type { CountedEdge } from './tally.ts';

export const nodesMax = 80;
const edgesMax = 600;
/** No app can have these names: they are no DNS labels. */
export const outsideNode = '(outside)';
export const llmNode = '(llm)';

/** null: no such system is served. */
export async function readGraph({ parts, tally }: Sources, mas: string): Promise<Graph | null> {
  const served = parts.policies.get(mas);
  if (served === null) return null;
  await tally.catchUp();
  const edges = new Map<string, GraphEdge>();
  for (const edge of [...policyEdges(served.system), ...trafficEdges(tally.edges(mas))]) {
    const key = JSON.stringify([edge.from, edge.to]);
    const before = edges.get(key);
    edges.set(key, before === undefined ? edge : joined(before, edge));
  }
  return cut(mas, nodesOf(served.system, [...edges.values()]), [...edges.values()]);
}

function policyEdges(system: CompiledSystem): readonly GraphEdge[] {
  const edge = (from: string, to: string, protocols: readonly string[]): GraphEdge => {
    return { from, to, protocols, reasons: [], ...noCalls };
  };
  return Object.entries(system.apps).flatMap(([name, app]) => [
    ...(app.takes_prompts ? [edge(outsideNode, name, ['a2a'])] : []),
    ...Object.entries(app.callees).map(([callee, protocols]) => edge(name, callee, Object.keys(protocols))),
    ...(Object.keys(app.llm).length > 0 ? [edge(name, llmNode, ['llm'])] : []),
    ...Object.entries(app.endpoints.exact).map(([place, protocols]) => edge(name, place, Object.keys(protocols))),
    ...app.endpoints.prefixes.map(({ cidr, port, protocol }) => edge(name, `${cidr}:${port}`, [protocol])),
  ]);
}

function trafficEdges(edges: readonly CountedEdge[]): readonly GraphEdge[] {
  return edges.map(({ from, to, toKind, calls, reasons }) => ({
    from: from ?? outsideNode,
    to: toKind === 'llm' ? llmNode : to,
    protocols: [],
    reasons,
    ...calls,
  }));
}

function joined(one: GraphEdge, other: GraphEdge): GraphEdge {
  return {
    from: one.from,
    to: one.to,
    protocols: [...new Set([...one.protocols, ...other.protocols])],
    reasons: [...new Set([...one.reasons, ...other.reasons])],
    allowed: one.allowed + other.allowed,
    blocked: one.blocked + other.blocked,
    would_block: one.would_block + other.would_block,
  };
}

function nodesOf(system: CompiledSystem, edges: readonly GraphEdge[]): readonly GraphNode[] {
  const names = new Set([...Object.keys(system.apps), ...edges.flatMap(({ from, to }) => [from, to])]);
  return [...names].map((id) => ({ id, kind: kindOf(system, id) }));
}

function kindOf(system: CompiledSystem, id: string): GraphNode['kind'] {
  if (id === outsideNode) return 'outside';
  if (id === llmNode) return 'llm';
  return Object.hasOwn(system.apps, id) ? (system.apps[id]?.type ?? 'other') : 'other';
}

/** What has blocked calls stays, then what has calls, then the rest. */
function cut(mas: string, nodes: readonly GraphNode[], edges: readonly GraphEdge[]): Graph {
  const weight = new Map<string, number>();
  for (const { from, to, allowed, blocked, would_block } of edges) {
    const own = (blocked + would_block > 0 ? 2 : 0) + (allowed > 0 ? 1 : 0);
    for (const id of [from, to]) weight.set(id, Math.max(weight.get(id) ?? 0, own));
  }
  const ranked = [...nodes].sort((one, other) => (weight.get(other.id) ?? 0) - (weight.get(one.id) ?? 0));
  const kept = ranked.slice(0, nodesMax);
  const ids = new Set(kept.map(({ id }) => id));
  return {
    mas,
    nodes: kept,
    edges: edges.filter(({ from, to }) => ids.has(from) && ids.has(to)).slice(0, edgesMax),
    omitted: nodes.length - kept.length,
  };
}
