import type { CheckResponse } from '../../ext-authz/proto/messages.ts';

/** One HTTP request as an app sends it. Header names are lower case. */
export interface HttpMessage {
  readonly method: string;
  readonly path: string;
  /** `host:port` */
  readonly authority: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: Uint8Array;
}

/** The request as it goes on after an allowed Check: Envoy removes headers first, then sets. */
export function forwarded(message: HttpMessage, response: CheckResponse): HttpMessage {
  const removed = new Set(response.ok_response?.headers_to_remove ?? []);
  const kept = Object.entries(message.headers).filter(([name]) => !removed.has(name));
  const set = (response.ok_response?.headers ?? []).map(({ header }): [string, string] => [header.key, header.value]);
  return { ...message, headers: Object.fromEntries([...kept, ...set]) };
}
