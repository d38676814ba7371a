import { type ReactNode, useEffect, useState } from 'react';
import type { SelectionRow, SessionEntry, SessionPage } from '../../../policies/explorer_wire.ts';
import { dateAndClock, sinceStart } from '../format.ts';
import { CallEntry } from '../parts/call_entry.tsx';
import { Json, Name } from '../parts/text.tsx';

/** All entries of a session in time order; the one that the address names is marked. */
export function Timeline({ page }: { readonly page: SessionPage }): ReactNode {
  const marked = useHash();
  const isThere = page.entries.some((entry) => entry.kind === 'call' && entry.call.decision_id === marked);
  useEffect(() => {
    if (isThere) document.getElementById(marked)?.scrollIntoView({ block: 'center' });
  }, [isThere, marked]);
  if (page.entries.length === 0) return <p className="empty">Nothing yet: the first call appears here by itself.</p>;
  return (
    <>
      {page.truncated && <p className="stale">The trace is longer: only its beginning is shown.</p>}
      <ol className="timeline">
        {page.entries.map((entry) => (
          <Entry key={keyOf(entry)} entry={entry} startedAt={page.session.started_at} marked={marked} />
        ))}
      </ol>
    </>
  );
}

function keyOf(entry: SessionEntry): string {
  switch (entry.kind) {
    case 'call':
      return entry.call.decision_id;
    case 'llm_answer':
      return `answer ${entry.llm_call_id}`;
    case 'flow':
      return `flow ${entry.at} ${entry.destination} ${entry.token_hash}`;
  }
}

interface EntryProps {
  readonly entry: SessionEntry;
  readonly startedAt: string;
  readonly marked: string;
}

function Entry({ entry, startedAt, marked }: EntryProps): ReactNode {
  const time = (
    <time dateTime={entry.at} title={dateAndClock(entry.at)}>
      {sinceStart(startedAt, entry.at)}
    </time>
  );
  switch (entry.kind) {
    case 'call': {
      const { call } = entry;
      const isMarked = call.decision_id === marked;
      return (
        <li id={call.decision_id} className={`entry ${call.verdict}${isMarked ? ' marked' : ''}`}>
          {time}
          <CallEntry call={call} open={call.verdict !== 'allowed'} />
        </li>
      );
    }
    case 'llm_answer':
      return (
        <li className="entry llm-answer">
          {time}
          <div>
            <p className="entry-head">
              <span className="route">
                LLM → <Name of={entry.app} />
              </span>
              {entry.selections.length === 0 ? 'answered without selecting a tool' : 'selected'}
            </p>
            {entry.selections.length > 0 && <Selections selections={entry.selections} />}
          </div>
        </li>
      );
    case 'flow':
      return (
        <li className={`entry ${entry.verdict}`}>
          {time}
          <p className="entry-head">
            <span className="route">
              kernel: <Name of={entry.app ?? 'unknown'} /> → <Name of={entry.destination} code />
            </span>
            {entry.token_hash === null ? (
              entry.verdict
            ) : (
              <>
                token seen on the wire: <code>{entry.token_hash.slice(0, 12)}</code>
              </>
            )}
          </p>
        </li>
      );
  }
}

function Selections({ selections }: { readonly selections: readonly SelectionRow[] }): ReactNode {
  return (
    <ul className="selections">
      {selections.map((selection) => (
        <li key={selection.id}>
          {selection.tool === null ? (
            <>
              <Name of={selection.llm_name} code /> <span className="tag">no such tool: selects nothing</span>
            </>
          ) : (
            <Name of={selection.tool} code />
          )}
          <Json value={selection.arguments} clipAt={300} />
          <span className="dim">{selection.consumed ? 'used' : 'not used'}</span>
        </li>
      ))}
    </ul>
  );
}

function useHash(): string {
  const [hash, setHash] = useState(readHash);
  useEffect(() => {
    const changed = () => setHash(readHash());
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return hash;
}

function readHash(): string {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return '';
  }
}
