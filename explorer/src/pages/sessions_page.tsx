import { type ReactNode, useState } from 'react';
import { explorerPaths, type SessionList, type SessionSummary } from '../../../policies/explorer_wire.ts';
import { clock, dateAndClock } from '../format.ts';
import { LiveView } from '../live/live_view.tsx';
import { useLive } from '../live/use_live.ts';
import { Link } from '../parts/link.tsx';
import { Panel } from '../parts/panel.tsx';
import { Excerpt, Name } from '../parts/text.tsx';
import { Counts } from '../parts/verdict.tsx';
import { addresses } from '../route.ts';
import { placeName, reasonSentence } from '../words.ts';

/** Live: a new session appears by itself at the top of the first page. */
export function SessionsPage({ mas }: { readonly mas: string | null }): ReactNode {
  const [befores, setBefores] = useState<readonly string[]>([]);
  const query = new URLSearchParams({ ...(mas === null ? {} : { mas }), before: befores.at(-1) ?? '' });
  const live = useLive<SessionList>(`${explorerPaths.sessions}?${query}`);
  return (
    <LiveView live={live} what="list">
      {({ sessions, next }) => (
        <>
          <h1>Sessions</h1>
          <Panel
            title={mas === null ? 'All systems, latest first' : `Of ${mas}, latest first`}
            aside={mas !== null && <Link to={addresses.sessions}>all systems</Link>}
          >
            {sessions.length === 0 ? (
              <p className="empty">No session yet. One starts when a user's words reach an agent.</p>
            ) : (
              <SessionTable sessions={sessions} />
            )}
            <p className="actions">
              {befores.length > 0 && (
                <button type="button" onClick={() => setBefores(befores.slice(0, -1))}>
                  Later
                </button>
              )}
              {next !== null && (
                <button type="button" onClick={() => setBefores([...befores, next])}>
                  Earlier
                </button>
              )}
            </p>
          </Panel>
        </>
      )}
    </LiveView>
  );
}

function SessionTable({ sessions }: { readonly sessions: readonly SessionSummary[] }): ReactNode {
  return (
    <div className="scroll">
      <table className="sessions">
        <thead>
          <tr>
            <th scope="col">Started</th>
            <th scope="col">What the user asked for</th>
            <th scope="col">From → entry</th>
            <th scope="col">Calls</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {sessions.map((session) => (
            <tr key={session.session_id} className={(session.calls?.blocked ?? 0) > 0 ? 'has-blocked' : ''}>
              <td>
                <time dateTime={session.started_at} title={dateAndClock(session.started_at)}>
                  {clock(session.started_at)}
                </time>
              </td>
              <th scope="row">
                <Link to={addresses.session(session.session_id)}>
                  <Excerpt text={session.user_input} clipAt={160} />
                </Link>
              </th>
              <td>
                <Name of={placeName(session.subject)} /> → <Name of={session.entry} />
              </td>
              <td>
                {session.calls === null ? <span className="dim">not counted</span> : <Counts calls={session.calls} />}
                {session.reasons.map((reason) => (
                  <div key={reason} className="dim" title={reasonSentence(reason)}>
                    <Name of={reason} code />
                  </div>
                ))}
              </td>
              <td>
                <span className={`state ${session.state}`}>{session.state}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
