/** `/signin?code=…`: a one-time code becomes a cookie that no script can read and no other site can send. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isSignedIn, signInTtlMs, signOut, tradeCode } from '../../explorer/sign_in.ts';
import type { Parts } from '../../parts.ts';
import { sendNotSignedIn, sendSignedIn } from './page_routes.ts';

export async function signInRoutes(app: FastifyInstance, { parts }: { parts: Parts }): Promise<void> {
  app.get<{ Querystring: { readonly code?: unknown } }>('/signin', async (request, reply) => {
    const { code } = request.query;
    const secret = typeof code === 'string' ? await tradeCode(parts, code) : null;
    if (secret === null) {
      // Whoever opens a link again in the same browser is in already.
      return (await isSignedIn(parts, secretOf(request))) ? sendSignedIn(reply) : sendNotSignedIn(reply, 'used');
    }
    reply.header('set-cookie', cookie(request, secret, signInTtlMs / 1000));
    return sendSignedIn(reply);
  });
  app.post('/signout', async (request, reply) => {
    const secret = secretOf(request);
    if (secret !== null) await signOut(parts, secret);
    reply.header('set-cookie', cookie(request, '', 0));
    return reply.code(204).send();
  });
}

/** The browser's secret, or null. */
export function secretOf(request: FastifyRequest): string | null {
  const wanted = `${cookieName(request)}=`;
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const trimmed = pair.trim();
    if (trimmed.startsWith(wanted)) return trimmed.slice(wanted.length);
  }
  return null;
}

function cookie(request: FastifyRequest, value: string, maxAgeSeconds: number): string {
  return `${cookieName(request)}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict`;
}

/** Cookies do not know ports: two Explorers on one machine must not overwrite each other's. */
function cookieName(request: FastifyRequest): string {
  return `casa_explorer_${request.socket.localPort ?? 0}`;
}
