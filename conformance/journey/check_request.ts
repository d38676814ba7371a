import type { Direction } from '../../ext-authz/check/read_request.ts';
import type { CheckRequest } from '../../ext-authz/proto/messages.ts';
import type { PepDocument } from '../../policies/pep.ts';
import type { AppRef } from './app_ref.ts';
import type { HttpMessage } from './http_message.ts';

export interface Passing {
  readonly direction: Direction;
  /** Whose Envoy it passes. */
  readonly at: AppRef;
  readonly sourceAddress: string;
  readonly destinationAddress: string;
}

/** The CheckRequest that Envoy sends for a request that passes it, with the context of our own Envoy configuration. */
export function checkRequest(message: HttpMessage, passing: Passing, pep: PepDocument): CheckRequest {
  const { at, direction } = passing;
  const length = String(message.body.length);
  const headers = {
    ...(message.body.length === 0 ? {} : { 'content-length': length }),
    ...message.headers,
    ':authority': message.authority,
    ':method': message.method,
    ':path': message.path,
  };
  const peer = (address: string) => ({ address: { socket_address: { address, port_value: 40_000 } } });
  return {
    attributes: {
      source: peer(passing.sourceAddress),
      destination: peer(passing.destinationAddress),
      request: {
        http: {
          method: message.method,
          path: message.path,
          host: message.authority,
          headers,
          // Envoy's `size` is what the request says of itself; -1 where it says nothing.
          size: message.body.length === 0 ? -1 : Number(message.headers['content-length'] ?? length),
          raw_body: message.body,
        },
      },
      context_extensions: {
        'casa.direction': direction,
        'casa.mas': at.mas,
        'casa.app': at.app,
        'casa.namespace': pep.namespace,
        'casa.workload': pep.apps[at.app]?.workload ?? '',
      },
    },
  };
}
