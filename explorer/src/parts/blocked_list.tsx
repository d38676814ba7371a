import type { ReactNode } from 'react';
import type { BlockedCall, CallSummary } from '../../../policies/explorer_wire.ts';
import { clock, dateAndClock } from '../format.ts';
import { readable } from '../readable.ts';
import { addresses } from '../route.ts';
import { placeName } from '../words.ts';
import { Link } from './link.tsx';
import { Reason } from './reason.tsx';
import { Name } from './text.tsx';
import { VerdictBadge } from './verdict.tsx';

/** Blocked calls, each with its reason and the way to its session. */
export function BlockedList({ calls }: { readonly calls: readonly BlockedCall[] }): ReactNode {
  if (calls.length === 0) return <p className="empty">Nothing was blocked.</p>;
  return (
    <ol className="blocked-list">
      {calls.map((call) => (
        <li key={`${call.mas} ${call.decision_id}`} className={call.verdict}>
          <Link to={addressOf(call)} className="row-link">
            <span className="blocked-head">
              <span className="entry-head">
                <VerdictBadge verdict={call.verdict} />
                <strong>
                  <Name of={call.tool ?? call.operation} code />
                </strong>
                <span className="route">
                  <Name of={placeName(call.caller)} /> → <Name of={placeName(call.callee)} />
                </span>
              </span>
              <time dateTime={call.at} title={dateAndClock(call.at)}>
                {clock(call.at)}
              </time>
            </span>
            <Reason reason={call.reason} />
            {call.user_input !== null && (
              <span className="asked">
                The user asked: <q className="words">{readable(call.user_input)}</q>
              </span>
            )}
          </Link>
        </li>
      ))}
    </ol>
  );
}

function addressOf(call: CallSummary): string {
  if (call.session_id === null) return addresses.call(call.mas, call.decision_id);
  return addresses.session(call.session_id, call.decision_id);
}
