import type { Direction } from '../../ext-authz/check/read_request.ts';
import type { CheckResponse } from '../../ext-authz/proto/messages.ts';
import type { Reason } from '../../policies/contract.ts';
import { CasaError } from '../../policies/errors.ts';
import type { Outcome } from '../run/driver.ts';
import { addressOf } from './addresses.ts';
import { type AppRef, appKey } from './app_ref.ts';
import { checkRequest } from './check_request.ts';
import { explain } from './explain.ts';
import { forwarded, type HttpMessage } from './http_message.ts';
import type { LlmAnswer } from './llm_answer.ts';
import type { Arrival, Road } from './road.ts';
import type { Checked, Site } from './site.ts';
import { bearerOf, toolsOf } from './tokens.ts';

interface Passed {
  readonly direction: Direction;
  readonly checked: Checked;
}

/** Envoys and addresses of one behaviour's workloads. */
export interface Network {
  readonly site: Site;
  /** By `appKey`. */
  readonly addresses: ReadonlyMap<string, string>;
}

/** The road on which each enforcement point is asked as its Envoy would ask it. */
export function askedRoad(network: Network): Road {
  return {
    sendBetween: (from, to, message) => sendBetween(network, from, to, message),
    sendOut: (from, message, answer) => sendOut(network, from, message, answer),
    sendIn: async (sourceAddress, to, message) => {
      const arriving = await pass(network, 'inbound', to, sourceAddress, message);
      return arrive([arriving], messageBehind(message, arriving), null);
    },
  };
}

async function sendBetween(network: Network, from: AppRef, to: AppRef, message: HttpMessage): Promise<Arrival> {
  const leaving = await pass(network, 'outbound', from, addressOf(network.addresses, from), message);
  const between = messageBehind(message, leaving);
  if (between === null) return arrive([leaving], null, null);
  const arriving = await pass(network, 'inbound', to, addressOf(network.addresses, from), between);
  return arrive([leaving, arriving], messageBehind(between, arriving), bearerOf(between));
}

async function sendOut(
  network: Network,
  from: AppRef,
  message: HttpMessage,
  answer: LlmAnswer | null,
): Promise<Arrival> {
  const leaving = await pass(network, 'outbound', from, addressOf(network.addresses, from), message);
  const arrival = arrive([leaving], messageBehind(message, leaving), null);
  if (arrival.message === null || answer === null) return arrival;
  const pep = await network.site.pep(from);
  const isWhole = await pep.readAnswer(answer, leaving.checked.response.dynamic_metadata);
  return isWhole ? arrival : { ...arrival, outcome: cutAnswer(arrival.outcome) };
}

/** What the agent sees of an answer that was cut is none: its request came to nothing. */
function cutAnswer(outcome: Outcome): Outcome {
  return { ...outcome, decision: 'deny', reason: 'runtime_unavailable' };
}

function messageBehind(message: HttpMessage, { checked: { response } }: Passed): HttpMessage | null {
  return isAllowed(response) ? forwarded(message, response) : null;
}

async function pass(
  { site, addresses }: Network,
  direction: Direction,
  at: AppRef,
  sourceAddress: string,
  message: HttpMessage,
): Promise<Passed> {
  const destinationAddress = addresses.get(appKey(at)) ?? '';
  const passing = { direction, at, sourceAddress, destinationAddress };
  const pep = await site.pep(at);
  return { direction, checked: await pep.check(checkRequest(message, passing, site.document(at.mas))) };
}

function arrive(passed: readonly Passed[], message: HttpMessage | null, token: string | null): Arrival {
  const last = passed.at(-1);
  if (last === undefined) throw new CasaError('bug', 'a request passed nothing');
  const metadata = last.checked.response.dynamic_metadata;
  const allowed = isAllowed(last.checked.response);
  const said = metadata.fields.allow?.boolValue;
  if (said !== allowed) throw new CasaError('bug', `the answer is ${allowed ? 'allow' : 'deny'}, its metadata not`);
  return {
    outcome: {
      decision: allowed ? 'allow' : 'deny',
      // The closed list is the enforcement point's own type; a reason beyond it would equal no expectation.
      reason: (metadata.fields.reason?.stringValue ?? '') as Reason,
      tools: token === null ? null : toolsOf(token),
      explain: () => explain(passed.map(({ direction, checked }) => ({ direction, checks: () => checked.checks() }))),
    },
    message,
    token,
  };
}

/** Both parts of the answer must say so: what Envoy reads as an allow is one. */
function isAllowed(response: CheckResponse): boolean {
  const ok = response.status.code === 0;
  if (ok !== Boolean(response.ok_response)) throw new CasaError('bug', 'status and answer of a Check disagree');
  return ok;
}
