import { expect, test } from 'vitest';
import type { GraphEdge, GraphNode } from '../../../policies/explorer_wire.ts';
import { layoutGraph, nodeHeight } from './layout_graph.ts';

const node = (id: string, kind: GraphNode['kind']): GraphNode => ({ id, kind });
const edge = (from: string, to: string): GraphEdge => {
  return { from, to, protocols: [], reasons: [], allowed: 0, blocked: 0, would_block: 0 };
};

test('callers stand left of whom they call', () => {
  const { places } = layoutGraph({
    nodes: [node('tools', 'mcp_server'), node('second', 'agent'), node('first', 'agent'), node('web', 'client')],
    edges: [edge('web', 'first'), edge('first', 'second'), edge('second', 'tools')],
  });
  const byX = [...places].sort((one, other) => one.x - other.x).map((place) => place.node.id);
  expect(byX).toEqual(['web', 'first', 'second', 'tools']);
});

test('agents that call each other in a circle are laid out, and no two nodes overlap', () => {
  const ids = ['a', 'b', 'c', 'd'];
  const { places } = layoutGraph({
    nodes: ids.map((id) => node(id, 'agent')),
    edges: [edge('a', 'b'), edge('b', 'c'), edge('c', 'a'), edge('d', 'd')],
  });
  expect(places.map((place) => place.node.id).sort()).toEqual(ids);
  for (const one of places) {
    const near = places.filter((place) => place.x === one.x && Math.abs(place.y - one.y) < nodeHeight);
    expect(near).toEqual([one]);
  }
});

test('a graph without nodes has a size', () => {
  expect(layoutGraph({ nodes: [], edges: [] })).toMatchObject({ places: [], height: expect.any(Number) });
});
