import type { ReactNode } from 'react';
import { explorerPaths, type SessionPage } from '../../../policies/explorer_wire.ts';
import { clock, counted, dateAndClock } from '../format.ts';
import { LiveView } from '../live/live_view.tsx';
import { useLive } from '../live/use_live.ts';
import { Fact } from '../parts/fact.tsx';
import { Link } from '../parts/link.tsx';
import { Panel } from '../parts/panel.tsx';
import { Clipped, Excerpt, Id, Name } from '../parts/text.tsx';
import { Counts } from '../parts/verdict.tsx';
import { addresses } from '../route.ts';
import { placeName } from '../words.ts';
import { Timeline } from './timeline.tsx';

export function SessionView({ session }: { readonly session: string }): ReactNode {
  const live = useLive<SessionPage>(explorerPaths.session(session));
  return (
    <LiveView live={live} what="session">
      {(page) => (
        <>
          <SessionHeading page={page} />
          <div className="columns wide-left">
            <Panel title="What followed" aside={<CountsAside page={page} />}>
              <Timeline page={page} />
            </Panel>
            <div className="stack">
              <Turns page={page} />
              <Tokens page={page} />
              <Ceiling page={page} />
            </div>
          </div>
        </>
      )}
    </LiveView>
  );
}

function SessionHeading({ page }: { readonly page: SessionPage }): ReactNode {
  const { session } = page;
  return (
    <header className="heading">
      <h1 className="visually-hidden">Session</h1>
      <p className="label">The user asked</p>
      <blockquote>
        <Clipped text={session.user_input} clipAt={600} />
      </blockquote>
      <dl className="facts">
        <Fact label="State">
          <span className={`state ${session.state}`}>{session.state}</span> until {clock(session.expires_at)}
        </Fact>
        <Fact label="From → entry">
          <Name of={placeName(session.subject)} /> → <Name of={session.entry} />
        </Fact>
        <Fact label="System">
          <Link to={addresses.system(session.mas)}>
            <Name of={session.mas} />
          </Link>
        </Fact>
        <Fact label="Started">{dateAndClock(session.started_at)}</Fact>
        <Fact label="Session">
          <code>{session.session_id}</code>
        </Fact>
        <Fact label="Trace">
          <code>{page.trace_id}</code>
          {page.linked_trace_id !== null && (
            <>
              , linked to <Name of={page.linked_trace_id} code />
            </>
          )}
        </Fact>
      </dl>
    </header>
  );
}

function CountsAside({ page }: { readonly page: SessionPage }): ReactNode {
  const { calls } = page.session;
  return calls === null ? null : <Counts calls={calls} />;
}

function Turns({ page }: { readonly page: SessionPage }): ReactNode {
  if (page.turns.length < 2) return null;
  return (
    <Panel title="Conversation" aside={counted(page.turns.length, 'turn', 'turns')}>
      <ol className="turns">
        {page.turns.map((turn) => (
          <li key={turn.session_id}>
            {turn.session_id === page.session.session_id ? (
              <strong aria-current="true">
                <Excerpt text={turn.user_input} clipAt={90} />
              </strong>
            ) : (
              <Link to={addresses.session(turn.session_id)}>
                <Excerpt text={turn.user_input} clipAt={90} />
              </Link>
            )}
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function Tokens({ page }: { readonly page: SessionPage }): ReactNode {
  return (
    <Panel title="Tokens" aside="SHA-256 only">
      {page.tokens.length === 0 ? (
        <p className="empty">No token was minted.</p>
      ) : (
        <ul className="tokens">
          {page.tokens.map((token) => (
            <li key={token.token_hash}>
              <span className="token-head">
                <Id of={token.token_hash} />
                <span className="tag">{token.kind === 'intent' ? 'intent token' : 'exchanged'}</span>
                <span>
                  {token.client !== null && (
                    <>
                      <Name of={token.client} /> →{' '}
                    </>
                  )}
                  <Name of={token.audience} />
                </span>
              </span>
              <span className="dim">
                {token.scope.join(', ')}
                {token.tools.length === 1 && token.tools[0] !== undefined && (
                  <>
                    {' · '}
                    <Name of={token.tools[0]} code />
                  </>
                )}
                {token.tools.length > 1 && ` · ${counted(token.tools.length, 'tool', 'tools')}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Ceiling({ page }: { readonly page: SessionPage }): ReactNode {
  return (
    <Panel title="Within reach" aside={counted(page.ceiling.length, 'tool', 'tools')}>
      <p className="dim">The most that this session may ever use, fixed when it started.</p>
      <details>
        <summary>show</summary>
        <ul className="ceiling">
          {page.ceiling.map((tool) => (
            <li key={tool}>
              <Name of={tool} code />
            </li>
          ))}
        </ul>
      </details>
    </Panel>
  );
}
