import type { Direction } from '../../../ext-authz/check/read_request.ts';
import type { CheckResult, Reason } from '../../../policies/contract.ts';
import { CasaError } from '../../../policies/errors.ts';
import { addressOf } from '../../journey/addresses.ts';
import type { AppRef } from '../../journey/app_ref.ts';
import { explain } from '../../journey/explain.ts';
import type { HttpMessage } from '../../journey/http_message.ts';
import type { LlmAnswer } from '../../journey/llm_answer.ts';
import type { Arrival, Road } from '../../journey/road.ts';
import { toolsOf } from '../../journey/tokens.ts';
import type { GrpcSite } from '../grpc/site.ts';
import type { Callee } from './callee.ts';
import type { Fleet } from './fleet.ts';
import { proxyLine } from './proxy_line.ts';
import { type Answer, sendRequest } from './send_request.ts';

/** Of nothing that a behaviour knows (TEST-NET-3, RFC 5737). */
const elsewhereAddress = '203.0.113.9';

interface Surroundings {
  readonly fleet: Fleet;
  readonly site: GrpcSite;
  readonly addresses: ReadonlyMap<string, string>;
}

/** One enforcement point that a request passed; null: its decision has no id. */
interface Passed {
  readonly at: AppRef;
  readonly direction: Direction;
  readonly decisionId: string | null;
}

/** The road through real Envoys: what was decided is what the sender is answered, and what reaches the other end. */
export function envoyRoad(around: Surroundings): Road {
  return {
    sendBetween: (from, to, message) => sendBetween(around, from, to, message),
    sendOut: (from, message, answer) => sendOut(around, from, message, answer),
    sendIn: (source, to, message) => sendIn(around, source, to, message),
  };
}

async function sendBetween(around: Surroundings, from: AppRef, to: AppRef, message: HttpMessage): Promise<Arrival> {
  const { callee } = around.fleet.station(to);
  const sender = around.fleet.station(from);
  const wire = sender.wireTo(to);
  callee.expect(null);
  wire?.clear();
  const answer = await sendRequest(sender.outboundPort, proxyLine(...ends(around, from, to)), message);
  const leaving: Passed = { at: from, direction: 'outbound', decisionId: decisionIdOf(answer) };
  const arriving: Passed = { at: to, direction: 'inbound', decisionId: wire?.decisionId ?? null };
  const passed = wire?.isUsed === true ? [leaving, arriving] : [leaving];
  return arrive(around, passed, answer, callee, wire?.token ?? null);
}

async function sendOut(
  around: Surroundings,
  from: AppRef,
  message: HttpMessage,
  expected: LlmAnswer | null,
): Promise<Arrival> {
  const { elsewhere } = around.fleet;
  elsewhere.expect(expected);
  const to = { address: elsewhereAddress, port: Number(message.authority.split(':').at(-1)) };
  const preface = proxyLine(addressOf(around.addresses, from), to);
  const answer = await sendRequest(around.fleet.station(from).outboundPort, preface, message);
  const passed: Passed = { at: from, direction: 'outbound', decisionId: decisionIdOf(answer) };
  if (elsewhere.arrived === null || expected === null || isWhole(answer, expected)) {
    return arrive(around, [passed], answer, elsewhere, null);
  }
  // What the agent sees is no answer: the request came to nothing.
  return { outcome: outcomeOf(around, [passed], 'runtime_unavailable', null), message: elsewhere.arrived, token: null };
}

async function sendIn(around: Surroundings, source: string, to: AppRef, message: HttpMessage): Promise<Arrival> {
  const { callee, inboundPort } = around.fleet.station(to);
  callee.expect(null);
  const [, end] = ends(around, to, to);
  const answer = await sendRequest(inboundPort, proxyLine(source, end), message);
  return arrive(around, [{ at: to, direction: 'inbound', decisionId: decisionIdOf(answer) }], answer, callee, null);
}

function ends({ addresses, site }: Surroundings, from: AppRef, to: AppRef) {
  const end = { address: addressOf(addresses, to), port: site.document(to.mas).apps[to.app]?.port ?? 0 };
  return [addressOf(addresses, from), end] as const;
}

// INVARIANT (deny by default): only what reached the callee, and was decided at every Envoy on its way, is an allow.
function arrive(
  around: Surroundings,
  passed: readonly Passed[],
  answer: Answer,
  { arrived }: Callee,
  token: string | null,
): Arrival {
  const reason = reasonIn(answer);
  if (arrived !== null && reason !== null) {
    throw new CasaError('bug', `refused for ${reason}, but it reached the callee`);
  }
  if (arrived === null && reason === null) {
    throw new CasaError('bug', `it came to nothing without a reason: status ${answer.status ?? 'none'}`);
  }
  if (arrived !== null && passed.some(({ decisionId }) => decisionId === null)) {
    throw new CasaError('bug', 'it was let through, and nobody was asked');
  }
  return { outcome: outcomeOf(around, passed, reason ?? 'ok', token), message: arrived, token };
}

function outcomeOf(around: Surroundings, passed: readonly Passed[], reason: Reason, token: string | null) {
  return {
    decision: reason === 'ok' ? ('allow' as const) : ('deny' as const),
    reason,
    tools: token === null ? null : toolsOf(token),
    explain: () =>
      explain(passed.map((point) => ({ direction: point.direction, checks: () => checksOf(around, point) }))),
  };
}

async function checksOf(
  { site }: Surroundings,
  { at, direction, decisionId }: Passed,
): Promise<readonly CheckResult[]> {
  // Envoy itself refused it.
  if (decisionId === null) return [];
  return (await site.pep(at)).checksOf(decisionId, direction);
}

function decisionIdOf({ headers }: Answer): string | null {
  return headers['x-casa-decision'] ?? null;
}

function isWhole(answer: Answer, expected: LlmAnswer): boolean {
  return answer.status === 200 && answer.isWhole && answer.body.equals(Buffer.concat([...expected.chunks]));
}

/** A problem's, a JSON-RPC error's, or an OpenAI error's. */
function reasonIn({ body }: Answer): Reason | null {
  try {
    const { reason, error } = Object(JSON.parse(body.toString('utf8')));
    // The closed list is CASA's own; a reason beyond it would equal no expectation.
    return (reason ?? error?.data?.reason ?? error?.code ?? null) as Reason | null;
  } catch {
    return null;
  }
}
