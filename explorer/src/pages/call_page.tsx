import type { ReactNode } from 'react';
import { type CallPage, explorerPaths } from '../../../policies/explorer_wire.ts';
import { dateAndClock } from '../format.ts';
import { LiveView } from '../live/live_view.tsx';
import { useLive } from '../live/use_live.ts';
import { CallEntry } from '../parts/call_entry.tsx';
import { Link } from '../parts/link.tsx';
import { Panel } from '../parts/panel.tsx';
import { addresses } from '../route.ts';

interface Props {
  readonly mas: string;
  readonly decision: string;
}

/** One call on its own. */
export function CallView({ mas, decision }: Props): ReactNode {
  const live = useLive<CallPage>(explorerPaths.call(mas, decision));
  return (
    <LiveView live={live} what="call">
      {(call) => (
        <>
          <h1>One call</h1>
          <Panel title={dateAndClock(call.at)} aside={<Session call={call} />}>
            <div className={`entry single ${call.verdict}`}>
              <CallEntry call={call} open />
            </div>
          </Panel>
        </>
      )}
    </LiveView>
  );
}

function Session({ call }: { readonly call: CallPage }): ReactNode {
  if (call.session_id === null) return 'belongs to no session';
  return <Link to={addresses.session(call.session_id, call.decision_id)}>its session</Link>;
}
