import type { ReactNode } from 'react';
import { explorerPaths, type Overview } from '../../../policies/explorer_wire.ts';
import { count, counted, dateAndClock } from '../format.ts';
import { LiveView } from '../live/live_view.tsx';
import { useLive } from '../live/use_live.ts';
import { BlockedList } from '../parts/blocked_list.tsx';
import { Panel } from '../parts/panel.tsx';
import { SystemsTable } from '../parts/systems_table.tsx';
import { Name } from '../parts/text.tsx';
import { CountsBar } from '../parts/verdict.tsx';
import { reasonSentence, total } from '../words.ts';

export function OverviewPage(): ReactNode {
  const live = useLive<Overview>(explorerPaths.overview);
  return (
    <LiveView live={live} what="overview">
      {(overview) => (
        <>
          <h1>Overview</h1>
          <Figures overview={overview} />
          <div className="columns">
            <div className="stack">
              <Panel title="Blocked lately" aside={<Since overview={overview} />}>
                <BlockedList calls={overview.blocked} />
              </Panel>
              <Panel title="Systems">
                <SystemsTable systems={overview.systems} brief />
              </Panel>
            </div>
            <div className="stack">
              <Panel title="Reasons">
                <Reasons overview={overview} />
              </Panel>
              <Panel title="Tools">
                <Tools overview={overview} />
              </Panel>
            </div>
          </div>
        </>
      )}
    </LiveView>
  );
}

function Figures({ overview }: { readonly overview: Overview }): ReactNode {
  const { systems, calls, discovery } = overview;
  const apps = systems.reduce((sum, system) => sum + system.apps, 0);
  const sessions = systems.reduce((sum, system) => sum + system.sessions_live, 0);
  return (
    <dl className="figures">
      <Figure label="Calls allowed" value={calls.allowed} className="allowed" />
      <Figure label="Calls blocked" value={calls.blocked} className={calls.blocked > 0 ? 'blocked' : 'none'} />
      {calls.would_block > 0 && (
        <Figure label="Would block (Audit)" value={calls.would_block} className="would_block" />
      )}
      <Figure label="Live sessions" value={sessions} />
      <Figure label="Systems" value={systems.length} />
      <Figure label="Apps" value={apps} />
      <Figure label="Discovery requests" value={total(discovery)} className="none" />
    </dl>
  );
}

function Figure({ label, value, className = '' }: { label: string; value: number; className?: string }): ReactNode {
  return (
    <div className={`figure ${className}`}>
      <dt>{label}</dt>
      <dd>{count(value)}</dd>
    </div>
  );
}

function Since({ overview }: { readonly overview: Overview }): ReactNode {
  const { events, since, unrecorded } = overview.counted;
  return (
    <>
      {since === null ? 'no events yet' : `${counted(events, 'event', 'events')} since ${dateAndClock(since)}`}
      {unrecorded > 0 && <strong className="blocked"> {counted(unrecorded, 'event', 'events')} not recorded</strong>}
    </>
  );
}

function Reasons({ overview }: { readonly overview: Overview }): ReactNode {
  if (overview.reasons.length === 0) return <p className="empty">No call was blocked.</p>;
  return (
    <ul className="reasons">
      {overview.reasons.map(({ reason, count: times }) => (
        <li key={reason}>
          <span className="times">{count(times)}</span>
          <span>
            {reasonSentence(reason)}
            <br />
            <Name of={reason} code />
          </span>
        </li>
      ))}
    </ul>
  );
}

function Tools({ overview }: { readonly overview: Overview }): ReactNode {
  const { tools } = overview;
  const most = Math.max(...tools.map(total), 0);
  if (tools.length === 0) return <p className="empty">No tool was called.</p>;
  return (
    <div className="scroll">
      <table className="tools">
        <thead>
          <tr>
            <th scope="col">Tool</th>
            <th scope="col">
              <span className="visually-hidden">Share</span>
            </th>
            <th scope="col" className="number">
              Allowed
            </th>
            <th scope="col" className="number">
              Blocked
            </th>
          </tr>
        </thead>
        <tbody>
          {tools.map((tool) => (
            <tr key={`${tool.mas} ${tool.tool}`}>
              <th scope="row">
                <Name of={tool.tool} code />
              </th>
              <td className="bar-cell">
                <CountsBar calls={tool} outOf={most} />
              </td>
              <td className="number allowed">{count(tool.allowed)}</td>
              <td className={tool.blocked + tool.would_block > 0 ? 'number blocked' : 'number dim'}>
                {count(tool.blocked + tool.would_block)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
