import type { ReactNode } from 'react';
import { Notice } from '../parts/notice.tsx';
import type { Live } from './use_live.ts';

interface Props<Value> {
  readonly live: Live<Value>;
  /** What there is none of, when there is none. */
  readonly what: string;
  readonly children: (value: Value) => ReactNode;
}

/** What is there, or why there is nothing yet. */
export function LiveView<Value>({ live, what, children }: Props<Value>): ReactNode {
  switch (live.kind) {
    case 'loading':
      return <Notice title="Loading…" busy />;
    case 'signed_out':
      return (
        <Notice title="You are signed out">
          Open the link again that is printed where CASA runs. It works once, for an hour; each start of the runtime
          prints a new one.
        </Notice>
      );
    case 'missing':
      return <Notice title={`No such ${what}`}>It may have been deleted, or be too long ago.</Notice>;
    case 'failed':
      return (
        <Notice title="The runtime does not answer" alarming>
          While it is away every new session and tool call is denied. This page tries again by itself.
        </Notice>
      );
    case 'ready':
      return (
        <>
          {live.stale && (
            <p className="stale" role="status">
              The runtime does not answer: this is what it said last.
            </p>
          )}
          {children(live.value)}
        </>
      );
  }
}
