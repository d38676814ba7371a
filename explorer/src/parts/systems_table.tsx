import type { ReactNode } from 'react';
import type { MasSummary } from '../../../policies/explorer_wire.ts';
import { count, dateAndClock } from '../format.ts';
import { addresses } from '../route.ts';
import { Link } from './link.tsx';
import { Id, Name } from './text.tsx';
import { Counts } from './verdict.tsx';

interface Props {
  readonly systems: readonly MasSummary[];
  /** Without what changes seldom. */
  readonly brief?: boolean;
}

export function SystemsTable({ systems, brief = false }: Props): ReactNode {
  if (systems.length === 0) {
    return (
      <p className="empty">
        No system yet. Apply a <code>MultiAgentSystem</code>, or <code>POST /mas</code> to the runtime.
      </p>
    );
  }
  return (
    <div className="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">System</th>
            <th scope="col">Status</th>
            <th scope="col" className="number">
              Apps
            </th>
            <th scope="col" className="number">
              Live sessions
            </th>
            <th scope="col">Calls</th>
            {!brief && (
              <>
                <th scope="col">Revision</th>
                <th scope="col">Changed</th>
              </>
            )}
          </tr>
        </thead>
        <tbody>
          {systems.map((system) => (
            <tr key={system.mas}>
              <th scope="row">
                <Link to={addresses.system(system.mas)}>
                  <Name of={system.display_name} />
                </Link>{' '}
                <span className="dim">
                  <Name of={system.mas} code />
                </span>
              </th>
              <td>
                <MasStatus system={system} />
              </td>
              <td className="number">{count(system.apps)}</td>
              <td className="number">{count(system.sessions_live)}</td>
              <td>
                <Counts calls={system.calls} />
              </td>
              {!brief && (
                <>
                  <td>
                    <Id of={system.revision} />
                  </td>
                  <td>{dateAndClock(system.updated_at)}</td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Whether the system's policy decides, and how strictly. */
export function MasStatus({ system }: { readonly system: MasSummary }): ReactNode {
  if (system.served === null) return <span className="badge blocked">✕ not served: every call is denied</span>;
  if (system.served !== system.revision) return <span className="badge would_block">! serves an earlier revision</span>;
  const isAudit = system.enforcement === 'Audit';
  return <span className={isAudit ? 'badge would_block' : 'badge allowed'}>{isAudit ? '! Audit' : '✓ Enforce'}</span>;
}
