/** Who is asking, read from a request. */
import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { sha256Hex } from '../../policies/canonical.ts';
import { clientAssertionType } from '../../policies/wire.ts';
import type { Client } from '../clients/client.ts';
import { shortClientId } from '../clients/client_metadata.ts';
import { looksLikePodToken } from '../clients/pod_client.ts';
import type { Parts } from '../parts.ts';
import { OAuthError, ProblemError } from './http_error.ts';
import type { Form } from './parse_form.ts';

/** The client of an OAuth form; throws `invalid_client`. */
export async function clientOfForm(parts: Parts, form: Form): Promise<Client> {
  const assertion = form.client_assertion_type === clientAssertionType ? form.client_assertion : undefined;
  const client = assertion === undefined ? null : await parts.identity.authenticate(assertion);
  if (
    client === null ||
    (form.client_id !== undefined && shortClientId(parts.world, form.client_id) !== client.clientId)
  ) {
    throw new OAuthError('invalid_client', 'the client assertion is missing, or not good');
  }
  return client;
}

/** The client of an endpoint that takes JSON or nothing: the assertion is the bearer; throws 401. */
export async function clientOfBearer(parts: Parts, request: FastifyRequest): Promise<Client> {
  const assertion = bearerOf(request);
  const client = assertion === null ? null : await parts.identity.authenticate(assertion);
  if (client === null) throw new ProblemError(401, 'a client assertion is expected as bearer token');
  return client;
}

/** The apps of the node whose agent asks; null: somebody else does. */
export async function appsOfNode(parts: Parts, request: FastifyRequest): Promise<ReadonlySet<string> | null> {
  const token = bearerOf(request);
  if (token === null || !looksLikePodToken(token)) return null;
  return (await parts.cluster?.appsOfNodeToken(token)) ?? null;
}

/** Throws 401 unless the request has the management token. INVARIANT (deny by default): without one nobody manages. */
export function requireAdmin(adminToken: string | null, request: FastifyRequest): void {
  const given = bearerOf(request);
  const same =
    adminToken !== null &&
    given !== null &&
    timingSafeEqual(Buffer.from(sha256Hex(given)), Buffer.from(sha256Hex(adminToken)));
  if (!same) throw new ProblemError(401, 'the management token is expected as bearer token');
}

function bearerOf(request: FastifyRequest): string | null {
  return /^Bearer ([\x21-\x7e]+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? null;
}
