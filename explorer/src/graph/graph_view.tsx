import type { ReactNode } from 'react';
import type { Graph, GraphEdge } from '../../../policies/explorer_wire.ts';
import { readable } from '../readable.ts';
import { placeName, total } from '../words.ts';
import { layoutGraph, nodeHeight, nodeWidth, type Place } from './layout_graph.ts';

const kindWords = {
  outside: 'not of any system',
  client: 'client',
  agent: 'agent',
  mcp_server: 'MCP server',
  llm: 'language model',
  other: 'no app of this system',
} as const;
/** Labels stand before the middle, where the ways of two callers to two callees cross. */
const labelAt = 0.36;
/** How far up or down such a curve is there. */
const bezierY = 3 * labelAt ** 2 - 2 * labelAt ** 3;
const nameLengthMax = 27;

/** The picture; the table beside it says the same in words. */
export function GraphView({ graph }: { readonly graph: Graph }): ReactNode {
  const { places, width, height } = layoutGraph(graph);
  const byId = new Map(places.map((place) => [place.node.id, place]));
  // What was blocked is drawn last, above everything else.
  const edges = [...graph.edges].sort((one, other) => weight(one) - weight(other));
  return (
    <svg
      className="graph"
      viewBox={`0 0 ${width} ${height}`}
      style={{ maxWidth: `${width}px` }}
      role="img"
      aria-label="who may call whom, and who did"
    >
      {edges.map((edge) => {
        const from = byId.get(edge.from);
        const to = byId.get(edge.to);
        return from === undefined || to === undefined ? null : (
          <Edge key={`${edge.from} ${edge.to}`} edge={edge} from={from} to={to} />
        );
      })}
      {places.map((place) => (
        <Node key={place.node.id} place={place} />
      ))}
    </svg>
  );
}

function weight(edge: GraphEdge): number {
  return edge.blocked > 0 ? 2 : total(edge) > 0 ? 1 : 0;
}

function Node({ place: { node, x, y } }: { readonly place: Place }): ReactNode {
  const name = readable(placeName(node.id));
  const shown = name.length > nameLengthMax ? `${name.slice(0, nameLengthMax)}…` : name;
  return (
    <g className={`node ${node.kind}`} transform={`translate(${x} ${y})`}>
      <title>{name}</title>
      <rect width={nodeWidth} height={nodeHeight} rx="6" />
      <rect className="stripe" width="4" height={nodeHeight} rx="2" />
      <text x="14" y="20" className="node-name">
        {shown}
      </text>
      <text x="14" y="36" className="node-kind">
        {kindWords[node.kind]}
      </text>
    </g>
  );
}

interface EdgeProps {
  readonly edge: GraphEdge;
  readonly from: Place;
  readonly to: Place;
}

function Edge({ edge, from, to }: EdgeProps): ReactNode {
  const isForward = to.x > from.x;
  const start = { x: from.x + nodeWidth, y: from.y + nodeHeight / 2 };
  const end = { x: isForward ? to.x : to.x + nodeWidth, y: to.y + nodeHeight / 2 };
  const bend = isForward ? (end.x - start.x) / 2 : 60;
  const path = `M${start.x} ${start.y} C${start.x + bend} ${start.y} ${end.x - (isForward ? bend : -bend)} ${end.y} ${end.x} ${end.y}`;
  const at = (one: number, other: number) => one + (other - one) * bezierY;
  const label = { x: start.x + (end.x - start.x) * labelAt + (isForward ? 0 : 60), y: at(start.y, end.y) };
  const verdict =
    edge.blocked > 0 ? 'blocked' : edge.would_block > 0 ? 'would_block' : total(edge) > 0 ? 'allowed' : 'policy';
  const texts = [
    edge.allowed > 0 ? `${edge.allowed} ✓` : '',
    edge.would_block > 0 ? `${edge.would_block} !` : '',
    edge.blocked > 0 ? `${edge.blocked} ✕` : '',
  ].filter((part) => part !== '');
  return (
    <g className={`edge ${verdict}`}>
      <path d={path} />
      <path className="arrow" d={arrow(end, isForward)} />
      {texts.length > 0 && <EdgeLabel text={texts.join('  ')} {...label} />}
    </g>
  );
}

function EdgeLabel({ text, x, y }: { readonly text: string; readonly x: number; readonly y: number }): ReactNode {
  const width = text.length * 7 + 12;
  return (
    <g className="edge-label" transform={`translate(${x} ${y})`}>
      <rect x={-width / 2} y="-9" width={width} height="18" rx="9" />
      <text textAnchor="middle" y="4">
        {text}
      </text>
    </g>
  );
}

function arrow(end: { readonly x: number; readonly y: number }, isForward: boolean): string {
  const back = isForward ? -7 : 7;
  return `M${end.x} ${end.y} l${back} -4 v8 z`;
}
