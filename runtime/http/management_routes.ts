/** Registration and management, and the trace: all of it for the holder of the management token. */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Issue } from '../../crds/issue.ts';
import type { JsonObject } from '../../policies/contract.ts';
import type { PolicyModules } from '../../policies/read_modules.ts';
import { paths } from '../../policies/wire.ts';
import { listPepKeys, parseAppRegistration, registerPepKeys } from '../clients/pep_keys.ts';
import { discoverTools } from '../discovery/discover_tools.ts';
import { codeTtlMs, makeCode } from '../explorer/sign_in.ts';
import type { Parts } from '../parts.ts';
import { compileMas, parseMasRegistration } from '../policy/compile_mas.ts';
import { applyMas, deleteMas, listMas, readMas } from '../policy/stored_mas.ts';
import { masOfSession, revokeSession } from '../sessions/revoke_session.ts';
import { exportForms, exportTrace } from '../traces/export/export_trace.ts';
import { readTrace, traceLimitMax } from '../traces/read_trace.ts';
import { requireAdmin } from './authenticate.ts';
import { noStore, ProblemError } from './http_error.ts';

export const masBodyBytesMax = 16 * 1024 * 1024;

interface Given {
  readonly parts: Parts;
  readonly modules: PolicyModules;
  readonly adminToken: string | null;
  readonly catchUp: () => Promise<void>;
}

export async function managementRoutes(app: FastifyInstance, given: Given) {
  app.addHook('onRequest', async (request) => requireAdmin(given.adminToken, request));
  masRoutes(app, given);
  appRoutes(app, given);
  traceRoutes(app, given.parts);
  app.post('/explorer/codes', async (_request, reply) => {
    const code = await makeCode(given.parts);
    return noStore(reply)
      .code(201)
      .send({ path: `/signin?code=${code}`, expires_in: codeTtlMs / 1000 });
  });
}

interface MasParams {
  readonly Params: { readonly mas: string };
}

function masRoutes(app: FastifyInstance, { parts, modules }: Given): void {
  const apply = async (body: unknown, expected: { readonly mas: string } | null) => {
    const given = parseMasRegistration(body);
    if (typeof given === 'string') throw new ProblemError(400, given);
    // What was discovered stays known where the new manifest still declares nothing.
    const registration = { ...given, discovered: parts.policies.get(expected?.mas ?? '')?.discovered ?? {} };
    const compiled = await compileMas(registration, modules);
    if (compiled.kind === 'issues') {
      throw new ProblemError(422, 'nothing was changed', { issues: compiled.issues.map(asJson) });
    }
    const { served, issues } = compiled;
    if (expected !== null && served.mas !== expected.mas) {
      throw new ProblemError(409, `the resource is \`${served.mas}\``);
    }
    if (expected === null && (await readMas(parts.store, served.mas)) !== null) {
      throw new ProblemError(409, `\`${served.mas}\` is there already: PUT changes it`);
    }
    await applyMas(parts, registration, served);
    return { mas: served.mas, revision: served.revision, issues: issues.map(asJson) };
  };
  app.post(paths.mas, { bodyLimit: masBodyBytesMax }, async (request, reply) => {
    const applied = await apply(request.body, null);
    return reply.code(201).send(applied);
  });
  app.put<MasParams>(`${paths.mas}/:mas`, { bodyLimit: masBodyBytesMax }, (request) =>
    apply(request.body, request.params),
  );
  app.get(paths.mas, async () => ({
    systems: (await listMas(parts.store)).map(({ mas, revision }) => ({
      mas,
      revision,
      served: parts.policies.get(mas)?.revision ?? null,
    })),
  }));
  app.get<MasParams>(`${paths.mas}/:mas`, async (request) => {
    return (await readMas(parts.store, request.params.mas)) ?? notFound('system');
  });
  app.post<{ readonly Params: { readonly mas: string; readonly app: string } }>(
    `${paths.mas}/:mas/apps/:app/discover`,
    async ({ params }) => {
      const discovery = await discoverTools(parts, modules, params.mas, params.app);
      if (discovery.kind === 'refused') throw new ProblemError(409, discovery.why);
      if (discovery.kind === 'issues') {
        throw new ProblemError(422, 'nothing was changed', { issues: discovery.issues.map(asJson) });
      }
      const { revision, tools, unnamable } = discovery;
      return { mas: params.mas, app: params.app, revision, tools, unnamable };
    },
  );
  app.delete<MasParams>(`${paths.mas}/:mas`, async (request, reply) => {
    if (!(await deleteMas(parts, request.params.mas))) notFound('system');
    return reply.code(204).send();
  });
}

function appRoutes(app: FastifyInstance, { parts, catchUp }: Given): void {
  app.post(paths.apps, async (request, reply) => {
    const registration = await parseAppRegistration(request.body);
    if (typeof registration === 'string') throw new ProblemError(400, registration);
    // The system may have been applied at another replica a moment ago.
    if (parts.policies.app(registration.mas, registration.app) === null) await catchUp();
    if (parts.policies.app(registration.mas, registration.app) === null) {
      throw new ProblemError(404, 'the system that is served has no such app');
    }
    await registerPepKeys(parts.store, registration, parts.world.now());
    await parts.identity.apply(registration.mas);
    return reply.code(201).send({ client_id: `${registration.mas}/${registration.app}` });
  });
  app.get(paths.apps, async () => ({ apps: await listPepKeys(parts.store) }));
}

interface TraceQuerystring {
  readonly mas?: string;
  readonly session?: string;
  readonly after?: string;
  readonly limit?: string;
}

function traceRoutes(app: FastifyInstance, parts: Parts): void {
  const page = (query: TraceQuerystring, session: string | null) =>
    readTrace(parts.store, {
      mas: query.mas ?? null,
      session,
      after: whole(query.after ?? '0', Number.MAX_SAFE_INTEGER),
      limit: Math.max(1, whole(query.limit ?? '200', traceLimitMax)),
    });
  app.get<{ Querystring: TraceQuerystring }>(paths.trace, async (request) => {
    return page(request.query, request.query.session ?? null);
  });
  app.get<{ Querystring: TraceQuerystring & { readonly form?: string } }>(paths.traceExport, async (request, reply) => {
    const { form = 'ndjson', mas = null, session = null, after = '0' } = request.query;
    const line = Object.hasOwn(exportForms, form) ? exportForms[form] : undefined;
    if (line === undefined) throw new ProblemError(400, `\`form\` is one of: ${Object.keys(exportForms).join(', ')}`);
    const lines = exportTrace(parts.store, { mas, session, after: whole(after, Number.MAX_SAFE_INTEGER) }, line);
    return noStore(reply).type('application/x-ndjson').send(Readable.from(lines));
  });
  app.get<{ Params: { session: string }; Querystring: TraceQuerystring }>(`${paths.trace}/:session`, async (request) =>
    page(request.query, request.params.session),
  );
  app.delete<{ Params: { session: string } }>(
    '/sessions/:session',
    async (request: FastifyRequest<{ Params: { session: string } }>, reply) => {
      const mas = await masOfSession(parts.store, request.params.session);
      if (mas === null || !(await revokeSession(parts, mas, request.params.session))) notFound('session');
      return reply.code(204).send();
    },
  );
}

function whole(text: string, max: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new ProblemError(400, 'a whole number is expected');
  return Math.min(value, max);
}

function notFound(what: string): never {
  throw new ProblemError(404, `no such ${what}`);
}

function asJson(issue: Issue): JsonObject {
  return { ...issue };
}
