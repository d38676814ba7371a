import type { Flow } from '../../policies/trace.ts';
import { constants, destinationLayout, eventLayout, tokenEventLayout, unpack } from '../abi.ts';
import { renderAddress } from './rows/address.ts';

/** What the agent knows and the kernel does not. */
export interface FlowContext {
  readonly eventId: string;
  readonly whoseIs: (policy: number) => { readonly mas: string; readonly app: string | null };
  readonly nowMs: number;
  /** The kernel's clock (CLOCK_MONOTONIC) at `nowMs`. */
  readonly monotonicNs: bigint;
}

/** An event of the connect hooks as one of the trace. */
export function flowOf(record: Uint8Array, context: FlowContext): Flow {
  const event = unpack(eventLayout, record);
  return {
    ...commonOf(event, context),
    command: commandText(event.command),
    verdict: event.verdict === constants.CASA_VERDICT_ALLOW ? 'allow' : 'deny',
    bearer: null,
  };
}

/** A token that left, as a flow: whose it was, only the runtime can say. */
export function tokenFlowOf(record: Uint8Array, context: FlowContext): Flow {
  const event = unpack(tokenEventLayout, record);
  return {
    ...commonOf(event, context),
    command: '',
    verdict: 'allow',
    bearer: {
      keyed_hash: event.hash.toString(16).padStart(16, '0'),
      bytes: event.token_bytes,
      source_port: event.source_port,
    },
  };
}

function commonOf(event: { readonly at_ns: bigint; readonly destination: Uint8Array }, context: FlowContext) {
  const { policy, port, proto, family, address } = unpack(destinationLayout, event.destination);
  const { mas, app } = context.whoseIs(policy);
  const agoMs = Number(context.monotonicNs - event.at_ns) / 1e6;
  return {
    kind: 'flow' as const,
    event_id: context.eventId,
    mas,
    session_id: null,
    at: new Date(context.nowMs - agoMs).toISOString(),
    trace_id: null,
    token_hash: null,
    app,
    destination: isAddressed(family) ? renderAddress({ family, bytes: address }) : `socket of protocol ${proto}`,
    port,
    proto: protoText(proto),
  };
}

/** A socket that may not be made has no destination yet. */
function isAddressed(family: number): family is 4 | 6 {
  return family === constants.CASA_FAMILY_IPV4 || family === constants.CASA_FAMILY_IPV6;
}

function protoText(proto: number): string {
  return { 6: 'tcp', 17: 'udp' }[proto] ?? String(proto);
}

/** An app chooses its name: nothing in it may steer a terminal. */
function commandText(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('latin1');
  return text.slice(0, Math.max(0, text.indexOf('\0'))).replaceAll(/[^\x20-\x7e]/g, '?');
}
