/** What MCP servers said of their tools, for apps that declare none: beside the manifest, never in its place. */
import type { JsonObject } from '../../policies/contract.ts';
import type { MasRegistration } from '../../policies/wire.ts';

/** By app. */
export type DiscoveredTools = NonNullable<MasRegistration['discovered']>;

/** The MultiAgentSystem with discovered tools where it declares none; what it declares is never touched. */
export function withDiscovered({ multiAgentSystem, discovered = {} }: MasRegistration): JsonObject {
  const { spec } = multiAgentSystem;
  if (!isObject(spec) || !Array.isArray(spec.apps)) return multiAgentSystem;
  const apps = spec.apps.map((app: unknown) => {
    if (!isObject(app) || app.type !== 'mcp_server' || app.tools != null || typeof app.name !== 'string') return app;
    return Object.hasOwn(discovered, app.name) ? { ...app, tools: discovered[app.name] } : app;
  });
  return { ...multiAgentSystem, spec: { ...spec, apps } } as JsonObject; // JSON all through
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
