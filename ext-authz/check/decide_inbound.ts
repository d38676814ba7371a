import { type Callee, denial, type SessionState, type StartPeer, unverifiedToken } from '../../policies/contract.ts';
import type { PepApp } from '../../policies/pep.ts';
import type { TokenClaims } from '../../policies/wire.ts';
import type { LoadedPolicy } from '../bundle/loaded_policy.ts';
import { issuersOf } from '../config.ts';
import { parseAuthority } from '../protocols/destination.ts';
import { readCall } from '../protocols/read_call.ts';
import { claimsOurIssuer, readBearer } from './authorization.ts';
import { towardsApp, towardsEntry } from './header_changes.ts';
import { type Known, type Outcome, outcome } from './outcome.ts';
import type { CheckParts } from './parts.ts';
import { isWithinIngress, type KnownPeer } from './peers.ts';
import { askPolicy, callerOf, type Question } from './question.ts';
import type { Asked } from './read_request.ts';
import { startSession } from './start_session.ts';
import { tokenFacts } from './token_facts.ts';
import type { UnderWay } from './under_way.ts';

interface Peer {
  readonly start: StartPeer;
  readonly known: KnownPeer | null;
}

/** Decides on a request that arrives at the own app: by its token, or, for a prompt from outside, by a session it starts. */
export async function decideInbound(
  parts: CheckParts,
  policy: LoadedPolicy,
  asked: Asked,
  decisionId: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const { app } = parts.config;
  const own = Object.hasOwn(policy.pep.apps, app) ? policy.pep.apps[app] : undefined;
  if (own === undefined) {
    const nothing = { decisionId, caller: null, callee: null, call: null };
    return outcome(nothing, denial('policy_missing', 'SYSTEM', 'the app is not in the system'));
  }
  const callee: Callee = { kind: 'app', app, host: own.host, port: own.port };
  const call = readCall(callee, policy.pep, asked.request);
  if (parseAuthority(asked.request.authority) === null) {
    // INVARIANT (deny by default): another reader may find another host in what names none, or two.
    const unread = { decisionId, caller: null, callee, call };
    return outcome(unread, denial('destination_not_allowed', 'SYSTEM', 'the host cannot be read'));
  }
  const peer = readPeer(parts, asked, own);
  const caller = callerOf(policy, peer.known?.mas === policy.mas ? peer.known.app : null);
  const known: Known = { decisionId, caller, callee, call };
  const question: Question = { phase: 'inbound', caller, callee, call, token: null, session: null, startPeer: null };
  const inbound: UnderWay = { parts, policy, asked, known, question, signal };

  const token = presentedToken(parts, asked, peer);
  if (token !== null) return decideByToken(inbound, token);
  if (call.operation === 'prompt' && call.prompt !== null && own.type === 'agent' && call.problem === null) {
    return decideByStart(inbound, peer.start);
  }
  const decision = askPolicy(policy, question, parts.clock.nowMs());
  return outcome(known, decision, { changes: towardsEntry(asked.request, null, '', issuersOf(parts.config)) });
}

/** Who sent this. INVARIANT (deny by default): whoever cannot be told to be outside is a workload. */
function readPeer(parts: CheckParts, asked: Asked, own: PepApp): Peer {
  const address = asked.sourceAddress;
  if (address === null) return { start: 'workload', known: null };
  if (address === asked.destinationAddress || address === '::1' || address.startsWith('127.')) {
    return { start: 'self', known: null };
  }
  const known = parts.findPeer(address);
  if (known === 'unreadable') return { start: 'workload', known: null };
  if (known !== null && known.mas !== null) return { start: 'workload', known };
  return { start: isWithinIngress(own.ingress, address, known) ? 'outside' : 'workload', known };
}

/** A workload's bearer token is meant for us; an outside peer's only if it says so: its `authorization` is the app's affair. */
function presentedToken(parts: CheckParts, asked: Asked, peer: Peer): string | null {
  const authorization = asked.request.headers.get('authorization');
  const token = readBearer(authorization);
  if (token === null || authorization === undefined) return null;
  const meant = peer.start !== 'outside' || claimsOurIssuer(authorization, issuersOf(parts.config));
  return meant ? token : null;
}

async function decideByToken(inbound: UnderWay, token: string): Promise<Outcome> {
  const { parts, policy, asked, known, question } = inbound;
  const claims = await parts.verifyToken(token);
  if (claims === null) {
    const decision = askPolicy(policy, { ...question, token: unverifiedToken }, parts.clock.nowMs());
    return outcome(known, decision, { token });
  }
  const facts = tokenFacts(claims, question.call);
  const state = facts.session_id === null ? null : await stateOf(inbound, facts.session_id, claims.exp, token);
  const caller = callerOf(policy, clientApp(claims, policy.mas)) ?? question.caller;
  const decision = askPolicy(policy, { ...question, caller, token: facts, session: state }, parts.clock.nowMs());
  const withCaller = { ...known, caller, decisionId: sharedDecisionId(asked) ?? known.decisionId };
  const traceId = facts.session_id === null ? null : claims.trace_id;
  if (decision.allow) deliver(inbound, withCaller.decisionId, token, claims, null);
  const changes = towardsApp(asked.request, traceId, parts.random.spanId());
  return outcome(withCaller, decision, { sessionId: facts.session_id, traceId, token, changes });
}

/** An expired token proves nothing about its session: nobody is asked about it. */
async function stateOf(inbound: UnderWay, sessionId: string, exp: number, token: string): Promise<SessionState> {
  const { parts, signal } = inbound;
  return exp * 1000 <= parts.clock.nowMs() ? 'expired' : parts.states.state(sessionId, token, signal);
}

async function decideByStart(inbound: UnderWay, startPeer: StartPeer): Promise<Outcome> {
  const { parts, policy, asked, known, question } = inbound;
  const start = await startSession(inbound, question, startPeer);
  if (start.kind === 'denied') return start.outcome;
  const { access_token: token, session_id: sessionId, trace_id: traceId } = start.session;
  const claims = await parts.verifyToken(token);
  const facts = claims === null ? unverifiedToken : tokenFacts(claims, question.call);
  const decision = askPolicy(policy, { ...question, token: facts, session: 'live' }, parts.clock.nowMs());
  if (decision.allow && claims !== null) {
    deliver(inbound, known.decisionId, token, claims, start.session.conversation_id);
  }
  const changes = towardsEntry(asked.request, traceId, parts.random.spanId(), issuersOf(parts.config));
  return outcome(known, decision, { sessionId, traceId, token, changes });
}

/** From here on the session is a candidate for what this workload sends out. */
function deliver(
  inbound: UnderWay,
  decisionId: string,
  token: string,
  claims: TokenClaims,
  conversationId: string | null,
): void {
  const { parts, policy, question } = inbound;
  if (claims.session_id === '') return;
  const delivery = {
    sessionId: claims.session_id,
    traceId: claims.trace_id,
    token,
    subject: claims.sub,
    conversationId,
    userText: question.call.prompt,
    expiresAtMs: parts.clock.monotonicMs() + policy.pep.sessionTtlSeconds * 1000,
  };
  // Only agents have their requests' ends reported by ext_proc.
  const isAgent = policy.pep.apps[parts.config.app]?.type === 'agent';
  parts.sessions.deliver(delivery, isAgent ? decisionId : null);
}

/** The app whose enforcement point was given the token: `namespace.name/app`. */
function clientApp(claims: TokenClaims, mas: string): string | null {
  return claims.client_id.startsWith(`${mas}/`) ? claims.client_id.slice(mas.length + 1) : null;
}

/** Beside a verified token the caller's side names the decision, so that it is one at all phases of a call. */
function sharedDecisionId(asked: Asked): string | null {
  const id = asked.request.headers.get('x-casa-decision');
  return id !== undefined && /^[0-9a-f-]{36}$/.test(id) ? id : null;
}
