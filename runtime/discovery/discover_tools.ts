/** The tools of an MCP server that declares none: asked for when somebody wants them known, and known from then on. */
import type { Issue } from '../../crds/issue.ts';
import { CasaError } from '../../policies/errors.ts';
import type { PolicyModules } from '../../policies/read_modules.ts';
import { clientId } from '../../policies/wire.ts';
import { type Parts, seconds } from '../parts.ts';
import { compileMas } from '../policy/compile_mas.ts';
import { applyMas, readMas } from '../policy/stored_mas.ts';
import { mintToken } from '../tokens/token_grants.ts';
import { listTools } from './list_tools.ts';

const tokenTtlSeconds = 60;

export type Discovery =
  | { readonly kind: 'known'; readonly revision: string; readonly tools: readonly string[]; readonly unnamable: number }
  /** With these tools the policies would be wrong: nothing was changed. */
  | { readonly kind: 'issues'; readonly issues: readonly Issue[] }
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Asks the server through its own enforcement point, with a token that is good for discovery only, and applies what it
 * says. INVARIANT (deny by default): a tool that appears later is unknown, and denied, until this is asked again.
 */
export async function discoverTools(
  parts: Parts,
  modules: PolicyModules,
  mas: string,
  app: string,
): Promise<Discovery> {
  const stored = await readMas(parts.store, mas);
  const server = parts.policies.app(mas, app);
  if (stored === null || server === null) return { kind: 'refused', why: 'the system that is served has no such app' };
  if (server.type !== 'mcp_server') return { kind: 'refused', why: 'the app is no MCP server' };
  if (declaresTools(stored.multiAgentSystem, app)) {
    return { kind: 'refused', why: 'the manifest declares the tools of this app' };
  }
  const url = new URL(`${server.scheme}://${server.host}:${server.port}${server.path}`);
  const { tools, unnamable } = await listTools(url, await mintDiscoveryToken(parts, mas, app));
  // What was applied meanwhile stays.
  const now = (await readMas(parts.store, mas)) ?? stored;
  const registration = {
    multiAgentSystem: now.multiAgentSystem,
    policies: now.policies,
    discovered: { ...now.discovered, [app]: tools },
  };
  const compiled = await compileMas(registration, modules);
  if (compiled.kind === 'issues') return compiled;
  await applyMas(parts, registration, compiled.served);
  return { kind: 'known', revision: compiled.served.revision, tools: tools.map(({ name }) => String(name)), unnamable };
}

/** The server asks itself: nobody else's edge is used. */
async function mintDiscoveryToken(parts: Parts, mas: string, app: string): Promise<string> {
  const client = { mas, app, clientId: clientId(mas, app) };
  const now = parts.world.now();
  const [names, keys] = await Promise.all([parts.identity.vouch(client), parts.keys.of(mas, now)]);
  const grant = {
    jti: parts.world.uuid(),
    mas,
    sessionId: null,
    traceId: parts.world.randomHex(16),
    sub: app,
    aud: app,
    clientId: client.clientId,
    scope: ['discover'],
    tools: [],
    actors: [],
    callDigest: null,
    audit: false,
    iat: seconds(now),
    exp: seconds(now) + tokenTtlSeconds,
  } as const;
  return (await mintToken(parts.store, grant, names, keys)).token;
}

function declaresTools(multiAgentSystem: object, app: string): boolean {
  // `as`: stored only after it was compiled.
  const { spec } = multiAgentSystem as { spec: { apps: readonly { name: string; tools?: unknown }[] } };
  const declared = spec.apps.find(({ name }) => name === app);
  if (declared === undefined) throw new CasaError('bug', 'a served app is in its manifest');
  return declared.tools != null;
}
