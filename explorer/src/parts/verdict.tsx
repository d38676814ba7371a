import type { ReactNode } from 'react';
import type { CallCounts, Verdict } from '../../../policies/explorer_wire.ts';
import { count } from '../format.ts';
import { total, verdictWords } from '../words.ts';

const signs: { readonly [verdict in Verdict]: string } = { allowed: '✓', blocked: '✕', would_block: '!' };

/** Sign and word, so that nobody needs the colour. */
export function VerdictBadge({ verdict }: { readonly verdict: Verdict }): ReactNode {
  return (
    <span className={`badge ${verdict}`}>
      <span aria-hidden="true">{signs[verdict]}</span> {verdictWords[verdict]}
    </span>
  );
}

/** How many calls of each verdict; zeros but that of `allowed` are left out. */
export function Counts({ calls }: { readonly calls: CallCounts }): ReactNode {
  return (
    <span className="counts">
      <span className={calls.allowed > 0 ? 'allowed' : 'none'}>{count(calls.allowed)} allowed</span>
      {calls.blocked > 0 && <span className="blocked">{count(calls.blocked)} blocked</span>}
      {calls.would_block > 0 && <span className="would_block">{count(calls.would_block)} would block</span>}
    </span>
  );
}

/** The share of each verdict; `outOf` makes several bars comparable. */
export function CountsBar({ calls, outOf }: { readonly calls: CallCounts; readonly outOf: number }): ReactNode {
  const width = (value: number) => ({ width: `${outOf === 0 ? 0 : (100 * value) / outOf}%` });
  const label = `${calls.allowed} allowed, ${calls.blocked} blocked, ${calls.would_block} would block`;
  return (
    <span className="bar" role="img" aria-label={label} title={label}>
      {total(calls) > 0 && (
        <>
          <span className="allowed" style={width(calls.allowed)} />
          <span className="would_block" style={width(calls.would_block)} />
          <span className="blocked" style={width(calls.blocked)} />
        </>
      )}
    </span>
  );
}
