/** Where each node of a graph stands: layers from left to right, few crossings. */
import type { Graph, GraphEdge, GraphNode } from '../../../policies/explorer_wire.ts';

export interface Place {
  readonly node: GraphNode;
  readonly x: number;
  readonly y: number;
}
export interface Layout {
  readonly places: readonly Place[];
  readonly width: number;
  readonly height: number;
}

export const nodeWidth = 250;
export const nodeHeight = 46;
const layerGap = 170;
const rowGap = 34;
const margin = 16;
const sweeps = 6;

export function layoutGraph(graph: Pick<Graph, 'nodes' | 'edges'>): Layout {
  const layers = orderLayers(layersOf(graph), graph.edges);
  const tallest = Math.max(...layers.map((layer) => layer.length), 1);
  const height = tallest * (nodeHeight + rowGap) - rowGap + 2 * margin;
  const places = layers.flatMap((layer, column) => {
    const own = layer.length * (nodeHeight + rowGap) - rowGap;
    return layer.map((node, row) => ({
      node,
      x: margin + column * (nodeWidth + layerGap),
      y: (height - own) / 2 + row * (nodeHeight + rowGap),
    }));
  });
  const width = layers.length * (nodeWidth + layerGap) - layerGap + 2 * margin;
  return { places, width: Math.max(width, nodeWidth), height };
}

/** What starts sessions, agents by how far they are from the first caller, then all that calls nobody. */
function layersOf({ nodes, edges }: Pick<Graph, 'nodes' | 'edges'>): readonly (readonly GraphNode[])[] {
  const depth = agentDepths(nodes, edges);
  const deepest = Math.max(...depth.values(), 0);
  const layerOf = (node: GraphNode): number => {
    switch (node.kind) {
      case 'outside':
      case 'client':
        return 0;
      case 'agent':
        return 1 + (depth.get(node.id) ?? 0);
      default:
        return 2 + deepest;
    }
  };
  const layers: GraphNode[][] = Array.from({ length: 3 + deepest }, () => []);
  for (const node of nodes) layers[layerOf(node)]?.push(node);
  return layers.filter((layer) => layer.length > 0);
}

/** Steps from an agent that is called from no agent; each agent is reached once, so that circles end. */
function agentDepths(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): ReadonlyMap<string, number> {
  const agents = new Set(nodes.filter(({ kind }) => kind === 'agent').map(({ id }) => id));
  const between = edges.filter(({ from, to }) => agents.has(from) && agents.has(to) && from !== to);
  const called = new Set(between.map(({ to }) => to));
  const depth = new Map<string, number>();
  let layer = [...agents].filter((id) => !called.has(id));
  for (let step = 0; layer.length > 0; step += 1) {
    for (const id of layer) depth.set(id, step);
    const reached = between.filter(({ from, to }) => layer.includes(from) && !depth.has(to)).map(({ to }) => to);
    layer = [...new Set(reached)];
  }
  return depth;
}

/** Each node moves to the mean of its neighbours, a few times to and fro. */
function orderLayers(
  layers: readonly (readonly GraphNode[])[],
  edges: readonly GraphEdge[],
): readonly (readonly GraphNode[])[] {
  let ordered = layers.map((layer) => [...layer].sort((one, other) => one.id.localeCompare(other.id)));
  for (let sweep = 0; sweep < sweeps; sweep += 1) {
    const height = new Map(
      ordered.flatMap((layer) => layer.map(({ id }, row) => [id, (row + 1) / (layer.length + 1)] as const)),
    );
    const mean = (id: string): number => {
      const near = edges.flatMap(({ from, to }) => (from === id ? [to] : to === id ? [from] : []));
      const sum = near.reduce((total, other) => total + (height.get(other) ?? 0.5), 0);
      return near.length === 0 ? (height.get(id) ?? 0.5) : sum / near.length;
    };
    const means = new Map([...height.keys()].map((id) => [id, mean(id)]));
    ordered = ordered.map((layer) => layer.sort((one, other) => (means.get(one.id) ?? 0) - (means.get(other.id) ?? 0)));
  }
  return ordered;
}
