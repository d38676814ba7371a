import type { ReactNode } from 'react';
import type { CallPage } from '../../../policies/explorer_wire.ts';
import { counted } from '../format.ts';
import { placeName } from '../words.ts';
import { ChecksMatrix } from './checks_matrix.tsx';
import { Reason } from './reason.tsx';
import { Id, Json, Name } from './text.tsx';
import { VerdictBadge } from './verdict.tsx';

/** One call: who called what, whether it was let through, and why. */
export function CallEntry({ call, open }: { readonly call: CallPage; readonly open: boolean }): ReactNode {
  return (
    <div>
      <p className="entry-head">
        <VerdictBadge verdict={call.verdict} />
        <strong>
          <Name of={call.tool ?? subject(call)} code={call.tool !== null} />
        </strong>
        <span className="route">
          <Name of={placeName(call.caller)} /> → <Name of={placeName(call.callee)} />
        </span>
      </p>
      {call.verdict !== 'allowed' && <Why call={call} />}
      {call.arguments !== null && Object.keys(call.arguments).length > 0 && <Json value={call.arguments} />}
      <details open={open}>
        <summary>{summary(call)}</summary>
        <ChecksMatrix phases={call.phases} />
        <Footing call={call} />
      </details>
    </div>
  );
}

function Why({ call }: { readonly call: CallPage }): ReactNode {
  const place = call.verdict === 'blocked' ? 'Blocked' : 'Would be blocked';
  return (
    <p className="why">
      {place}: <Reason reason={call.reason} />
    </p>
  );
}

function Footing({ call }: { readonly call: CallPage }): ReactNode {
  const policies = [...new Set(call.phases.flatMap((phase) => phase.policies))];
  const hash = call.phases.find((phase) => phase.phase === 'exchange' && phase.allow)?.token_hash ?? null;
  const times = call.phases.filter((phase) => phase.decided_in_ms !== null);
  return (
    <p className="dim footing">
      {call.protocol} <Name of={call.operation} code /> · decision <Id of={call.decision_id} />
      {policies.length > 0 && ` · policies ${policies.join(', ')}`}
      {hash !== null && (
        <>
          {' · token '}
          <Id of={hash} />
        </>
      )}
      {times.length > 0 &&
        ` · decided in ${times.map((phase) => `${(phase.decided_in_ms ?? 0).toFixed(1)} ms`).join(' + ')}`}
    </p>
  );
}

function subject(call: CallPage): string {
  if (call.kind === 'llm') return 'LLM call';
  return call.operation === 'prompt' ? "the user's words" : call.operation;
}

function summary(call: CallPage): string {
  const checks = call.phases.flatMap((phase) => phase.checks);
  const names = (outcome: string) => new Set(checks.filter((row) => row.outcome === outcome).map((row) => row.check));
  const blocked = names('BLOCK');
  const passed = [...names('ALLOW')].filter((name) => !blocked.has(name)).length;
  return `${counted(passed, 'check', 'checks')} passed${blocked.size > 0 ? `, ${blocked.size} blocked` : ''}`;
}
