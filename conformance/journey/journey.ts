import type { Direction } from '../../ext-authz/check/read_request.ts';
import type { CheckResponse, Struct } from '../../ext-authz/proto/messages.ts';
import type { CheckResult, Reason } from '../../policies/contract.ts';
import { CasaError } from '../../policies/errors.ts';
import type { Explanation, Outcome } from '../run/driver.ts';
import { type AppRef, appKey } from './app_ref.ts';
import { checkRequest } from './check_request.ts';
import { forwarded, type HttpMessage } from './http_message.ts';
import { phaseOf } from './phase_of.ts';
import type { Checked, Site } from './site.ts';
import { readClaims, type TokenClaimsRead } from './tokens.ts';

/** A request that passed, or was refused at, the Envoys on its way. */
export interface Arrival {
  readonly outcome: Outcome;
  /** The request behind the last Envoy that let it through; null when it was refused. */
  readonly message: HttpMessage | null;
  /** What the last Check told Envoy. */
  readonly metadata: Struct;
  /** The token that travelled between the two Envoys. */
  readonly token: string | null;
}

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

/** Sends a request from one app to another: through the caller's Envoy and, where that lets it, the callee's. */
export async function sendBetween(network: Network, from: AppRef, to: AppRef, message: HttpMessage): Promise<Arrival> {
  const leaving = await pass(network, 'outbound', from, addressOf(network, from), message);
  if (!isAllowed(leaving.checked.response)) return arrive([leaving], null, null);
  const between = forwarded(message, leaving.checked.response);
  const token = bearerOf(between);
  const arriving = await pass(network, 'inbound', to, addressOf(network, from), between);
  const arrived = isAllowed(arriving.checked.response) ? forwarded(between, arriving.checked.response) : null;
  return arrive([leaving, arriving], arrived, token);
}

/** Sends a request out of an app to what is no app: only its own Envoy is asked. */
export async function sendOut(network: Network, from: AppRef, message: HttpMessage): Promise<Arrival> {
  const leaving = await pass(network, 'outbound', from, addressOf(network, from), message);
  const { response } = leaving.checked;
  return arrive([leaving], isAllowed(response) ? forwarded(message, response) : null, null);
}

/** A request that arrives from an address without having passed another Envoy. */
export async function sendIn(
  network: Network,
  sourceAddress: string,
  to: AppRef,
  message: HttpMessage,
): Promise<Arrival> {
  const arriving = await pass(network, 'inbound', to, sourceAddress, message);
  const { response } = arriving.checked;
  return arrive([arriving], isAllowed(response) ? forwarded(message, response) : null, null);
}

/** The address of an app's pod. */
export function addressOf(network: Network, app: AppRef): string {
  const address = network.addresses.get(appKey(app));
  if (address === undefined) throw new CasaError('bug', `\`${appKey(app)}\` has no address`);
  return address;
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
      tools: token === null ? null : toolsOf(readClaims(token)),
      explain: () => explain(passed),
    },
    message,
    metadata,
    token,
  };
}

async function explain(passed: readonly Passed[]): Promise<Explanation> {
  const words = new Map<string, CheckResult>();
  let phase: Explanation['phase'] = 'outbound';
  for (const { direction, checked } of passed) {
    const checks = await checked.checks();
    phase = phaseOf(direction, checks);
    for (const check of checks) {
      if (check.outcome !== 'ABSTAIN' || !words.has(check.check)) words.set(check.check, check);
    }
  }
  return { phase, checks: [...words.values()] };
}

/** Both parts of the answer must say so: what Envoy reads as an allow is one. */
function isAllowed(response: CheckResponse): boolean {
  const ok = response.status.code === 0;
  if (ok !== Boolean(response.ok_response)) throw new CasaError('bug', 'status and answer of a Check disagree');
  return ok;
}

function bearerOf(message: HttpMessage): string | null {
  return /^Bearer (\S+)$/.exec(message.headers.authorization ?? '')?.[1] ?? null;
}

function toolsOf(claims: TokenClaimsRead): readonly string[] {
  return (claims.tools ?? []).toSorted();
}
