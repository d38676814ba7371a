import type { HeaderChanges } from '../answer/answer.ts';
import { decisionHeader } from '../answer/answer.ts';
import type { Issuers } from '../config.ts';
import type { HttpRequest } from '../protocols/http_request.ts';
import { renderTraceParent } from '../sessions/trace_parent.ts';
import { claimsOurIssuer } from './authorization.ts';

const appAuthorization = 'x-casa-app-authorization';
const ours = /^x-casa-/;

/** What travels with a call to another app of the system. */
export interface Passage {
  readonly token: string;
  /** null for what belongs to no session: the app's own trace goes on. */
  readonly traceId: string | null;
  readonly decisionId: string;
  readonly spanId: string;
}

/** Towards another app: CASA's token in front, the app's own `authorization` beside it. */
export function towardsCallee(request: HttpRequest, passage: Passage, issuers: Issuers): HeaderChanges {
  const set = new Map([
    ['authorization', `Bearer ${passage.token}`],
    [decisionHeader, passage.decisionId],
  ]);
  if (passage.traceId !== null) set.set('traceparent', renderTraceParent(passage.traceId, passage.spanId));
  if (!request.headers.has('x-request-id')) set.set('x-request-id', passage.decisionId);
  const own = request.headers.get('authorization');
  if (own !== undefined && !claimsOurIssuer(own, issuers)) set.set(appAuthorization, own);
  return { set, remove: ownHeaders(request).filter((name) => !set.has(name)) };
}

/** Towards what is no app (an LLM, a database): nothing of CASA goes along, and no token of ours that the app holds. */
export function towardsOutside(
  request: HttpRequest,
  issuers: Issuers,
  extra: ReadonlyMap<string, string> = new Map(),
): HeaderChanges {
  const own = request.headers.get('authorization');
  const leaked = own !== undefined && claimsOurIssuer(own, issuers);
  return { set: extra, remove: [...ownHeaders(request), ...(leaked ? ['authorization'] : [])] };
}

/** Towards the own app, whose caller brought a verified token: the caller's own `authorization` is put back. */
export function towardsApp(request: HttpRequest, traceId: string | null, spanId: string): HeaderChanges {
  const set = new Map<string, string>();
  if (traceId !== null) set.set('traceparent', renderTraceParent(traceId, spanId));
  const own = request.headers.get(appAuthorization);
  if (own !== undefined) set.set('authorization', own);
  return { set, remove: [...ownHeaders(request), ...(own === undefined ? ['authorization'] : [])] };
}

/** Towards the own app, from a peer that speaks for itself: its `authorization` stays. */
export function towardsEntry(
  request: HttpRequest,
  traceId: string | null,
  spanId: string,
  issuers: Issuers,
): HeaderChanges {
  const trace = traceId === null ? [] : [['traceparent', renderTraceParent(traceId, spanId)] as const];
  return towardsOutside(request, issuers, new Map(trace));
}

function ownHeaders(request: HttpRequest): readonly string[] {
  return [...request.headers.keys()].filter((name) => ours.test(name));
}
