/** A MAS as the bundle's `pep.json`: facts for reading requests, never a rule. */
import type { App, AppTool, IngressPeer } from '../../crds/types.ts';
import { canonicalJson, sha256Hex } from '../../policies/canonical.ts';
import type { JsonObject } from '../../policies/contract.ts';
import type { PepApp, PepDocument, PepIngress, PepTool } from '../../policies/pep.ts';
import type { CompiledSystem } from '../../policies/system.ts';
import { type HostPort, renderHostPort } from '../host_port.ts';
import type { SystemModel } from '../model.ts';
import { llmEndpointOf, systemLlm } from '../policy/llm_endpoints.ts';
import { parseCidr } from '../policy/resolve_endpoint.ts';
import { nameSet, record } from '../record.ts';

/** Path of an MCP endpoint that names none. */
const mcpPath = '/mcp';

/** `compiled` is the same MAS as `data.json`. An app without a usable address, which is an issue, is left out. */
export function emitPep(model: SystemModel, compiled: CompiledSystem): PepDocument {
  const { spec } = model.system;
  const endpoints = [systemLlm(model), ...model.apps.map((app) => llmEndpointOf(model, app))];
  return {
    apps: record(
      model.apps.flatMap(({ name, app, address }) =>
        address === null ? [] : [[name, emitApp(model, app, address)] as const],
      ),
    ),
    denials: spec.denials,
    llm: Object.keys(nameSet(endpoints.flatMap((llm) => (llm === null ? [] : [renderHostPort(llm)])))),
    mas: model.mas,
    namespace: model.namespace,
    // `as`: a compiled system is plain JSON; its interface only lacks the index signature.
    revision_of: sha256Hex(canonicalJson(compiled as unknown as JsonObject)),
    sessionTtlSeconds: spec.sessionTtlSeconds,
  };
}

function emitApp({ system, namespace }: SystemModel, app: App, address: HostPort): PepApp {
  const { ingress, selection } = system.spec;
  return {
    host: address.host,
    ingress: ingress?.map((peer) => emitIngress(peer, namespace)) ?? null,
    openPaths: app.openPaths ?? [],
    path: app.path ?? mcpPath,
    port: address.port,
    promptFieldJsonPath: app.httpRequestSchema?.promptFieldJsonPath ?? null,
    scheme: app.baseUrl.scheme,
    toolNames: app.toolNames ?? null,
    tools: record((app.tools ?? []).map((tool) => [tool.name, emitTool(tool, selection)])),
    type: app.type,
    workload: app.kubernetesWorkloadName,
  };
}

function emitTool(tool: AppTool, selection: 'exact' | 'name'): PepTool {
  return {
    annotations: { ...tool.annotations },
    description: tool.description ?? '',
    inputSchema: tool.inputSchema ?? {},
    selection: tool.selection ?? selection,
  };
}

function emitIngress(peer: IngressPeer, namespace: string): PepIngress {
  if (peer.cidr !== undefined) return { kind: 'cidr', cidr: parseCidr(peer.cidr) ?? peer.cidr };
  return { kind: 'workload', namespace: peer.namespace ?? namespace, workload: peer.workload ?? null };
}
