import type { RequestProblem } from '../../policies/contract.ts';
import { bodyBytesMax } from '../limits.ts';
import type { CheckRequest, HttpRequestMessage } from '../proto/messages.ts';
import { canonicalHost } from '../protocols/destination.ts';
import type { HttpRequest } from '../protocols/http_request.ts';

export type Direction = 'inbound' | 'outbound';

/** Envoy's question, read. Direction and identity are from Envoy's own configuration, never from the request. */
export interface Asked {
  readonly direction: Direction;
  readonly mas: string;
  readonly app: string;
  readonly request: HttpRequest;
  /** Canonical address of the peer; null where Envoy gave none. */
  readonly sourceAddress: string | null;
  readonly destinationAddress: string | null;
}

/** The question of a CheckRequest; null when Envoy's configuration does not say whose it is. */
export function readCheckRequest(message: CheckRequest): Asked | null {
  const attributes = message.attributes;
  const http = attributes?.request?.http;
  const context = attributes?.context_extensions ?? {};
  const direction = context['casa.direction'];
  const mas = context['casa.mas'];
  const app = context['casa.app'];
  if (!http || !mas || !app || (direction !== 'inbound' && direction !== 'outbound')) return null;
  return {
    direction,
    mas,
    app,
    request: readHttpRequest(http),
    sourceAddress: canonicalAddress(attributes?.source?.address?.socket_address?.address),
    destinationAddress: canonicalAddress(attributes?.destination?.address?.socket_address?.address),
  };
}

function canonicalAddress(address: string | undefined): string | null {
  return address ? canonicalHost(address) : null;
}

function readHttpRequest(http: HttpRequestMessage): HttpRequest {
  const headers = new Map(
    Object.entries(http.headers ?? {}).map(([name, value]): [string, string] => [name.toLowerCase(), value]),
  );
  const target = http.path ?? '';
  const cut = target.search(/[?#]/);
  const body = http.raw_body && http.raw_body.length > 0 ? http.raw_body : Buffer.from(http.body ?? '', 'utf8');
  return {
    method: http.method ?? '',
    path: cut < 0 ? target : target.slice(0, cut),
    query: cut < 0 ? '' : target.slice(cut),
    authority: http.host || headers.get(':authority') || headers.get('host') || '',
    headers,
    body,
    problem: bodyProblem(headers, body, http.size ?? 0),
  };
}

/** INVARIANT (deny by default): a body that may differ from what the callee will read is a problem, whatever it holds. */
function bodyProblem(headers: ReadonlyMap<string, string>, body: Uint8Array, size: number): RequestProblem | null {
  const length = headers.get('content-length');
  if (body.length > bodyBytesMax || Number(length) > bodyBytesMax) return 'body_too_large';
  if (headers.get('x-envoy-auth-partial-body') === 'true') return 'body_truncated';
  if (length !== undefined && !/^\d+$/.test(length)) return 'body_malformed';
  if (length !== undefined && Number(length) !== body.length) return 'body_truncated';
  if (size > 0 && size !== body.length) return 'body_truncated';
  const encoding = headers.get('content-encoding')?.trim().toLowerCase();
  return encoding === undefined || encoding === 'identity' ? null : 'body_malformed';
}
