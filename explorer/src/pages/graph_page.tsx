import type { ReactNode } from 'react';
import { explorerPaths, type Graph } from '../../../policies/explorer_wire.ts';
import { counted } from '../format.ts';
import { GraphView } from '../graph/graph_view.tsx';
import { LiveView } from '../live/live_view.tsx';
import { useLive } from '../live/use_live.ts';
import { Link } from '../parts/link.tsx';
import { Panel } from '../parts/panel.tsx';
import { Reason } from '../parts/reason.tsx';
import { Name } from '../parts/text.tsx';
import { Counts } from '../parts/verdict.tsx';
import { addresses } from '../route.ts';
import { placeName, total } from '../words.ts';

export function GraphPage({ mas }: { readonly mas: string }): ReactNode {
  const live = useLive<Graph>(explorerPaths.graph(mas));
  return (
    <LiveView live={live} what="system that is served">
      {(graph) => (
        <>
          <h1>
            Graph of <Link to={addresses.system(mas)}>{mas}</Link>
          </h1>
          <Panel title="Who may call whom, and who did" aside={<Legend />}>
            <div className="scroll">
              <GraphView graph={graph} />
            </div>
            {graph.omitted > 0 && (
              <p className="stale">{counted(graph.omitted, 'node is', 'nodes are')} left out: those without calls.</p>
            )}
          </Panel>
          <Panel title="In words">
            <EdgeTable graph={graph} />
          </Panel>
        </>
      )}
    </LiveView>
  );
}

function Legend(): ReactNode {
  return (
    <ul className="legend">
      <li className="policy">allowed by policy, not used</li>
      <li className="allowed">calls allowed</li>
      <li className="blocked">calls blocked</li>
    </ul>
  );
}

function EdgeTable({ graph }: { readonly graph: Graph }): ReactNode {
  const edges = [...graph.edges].sort(
    (one, other) => other.blocked - one.blocked || total(other) - total(one) || one.from.localeCompare(other.from),
  );
  return (
    <div className="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">From → to</th>
            <th scope="col">Policy</th>
            <th scope="col">Calls, discovery included</th>
            <th scope="col">Blocked because</th>
          </tr>
        </thead>
        <tbody>
          {edges.map((edge) => (
            <tr key={`${edge.from} ${edge.to}`} className={edge.blocked > 0 ? 'has-blocked' : ''}>
              <th scope="row">
                <Name of={placeName(edge.from)} /> → <Name of={placeName(edge.to)} />
              </th>
              <td>{edge.protocols.length === 0 ? 'allows nothing here' : edge.protocols.join(', ')}</td>
              <td>{total(edge) === 0 ? <span className="dim">none</span> : <Counts calls={edge} />}</td>
              <td>
                {edge.reasons.map((reason) => (
                  <div key={reason}>
                    <Reason reason={reason} />
                  </div>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
