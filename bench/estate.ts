/** A large, made-up estate of manifests: what one cluster of a big company declares. */
import type { JsonObject } from '../policies/contract.ts';

export interface EstateSize {
  readonly systems: number;
  readonly policiesPerSystem: number;
  readonly toolsPerServer: number;
}

/** The sizes to plan for (DESIGN 7): 500 MAS, 10,000 policies. */
export const plannedSize: EstateSize = { systems: 500, policiesPerSystem: 20, toolsPerServer: 30 };

const apiVersion = 'casa.io/v1alpha1';
const nouns = ['account', 'payment', 'ticket', 'message', 'file', 'order'];
const verbs = ['get', 'list', 'create', 'update', 'delete'];

/** All resources of the estate as an API server gives them, each MAS followed by its policies. */
export function drawEstate(size: EstateSize): readonly JsonObject[] {
  return Array.from({ length: size.systems }, (_, index) => drawSystem(`team-${index}`, size)).flat();
}

/** One MAS in a namespace of its own, half agents and half servers, each with a policy. */
export function drawSystem(namespace: string, { policiesPerSystem, toolsPerServer }: EstateSize): JsonObject[] {
  const apps = Array.from({ length: policiesPerSystem }, (_, index) => ({
    index,
    name: `${index % 2 === 0 ? 'agent' : 'server'}-${index}`,
  }));
  const spec = {
    name: namespace,
    llm_host: 'llm.example.com',
    ingress: [{ namespace: 'gateway' }],
    apps: apps.map(({ name, index }) => ({
      name,
      type: index % 2 === 0 ? 'agent' : 'mcp_server',
      kubernetesWorkloadName: name,
      baseUrl: { host: `${name}:8080`, scheme: 'http' },
      ...(index % 2 === 0
        ? { httpRequestSchema: { promptFieldJsonPath: '{.prompt}' } }
        : { tools: Array.from({ length: toolsPerServer }, (_, tool) => drawTool(tool)) }),
    })),
  };
  const system = { apiVersion, kind: 'MultiAgentSystem', metadata: { name: 'system', namespace }, spec };
  return [system, ...apps.map(({ index, name }) => drawPolicy(namespace, name, index, policiesPerSystem))];
}

function drawTool(index: number): JsonObject {
  const verb = verbs[index % verbs.length] ?? 'get';
  return {
    name: `${verb}_${nouns[Math.floor(index / verbs.length) % nouns.length]}_${index}`,
    description: `Does ${verb} number ${index}.`,
    annotations: { readOnlyHint: verb === 'get' || verb === 'list' },
    inputSchema: { type: 'object', properties: { id: { type: 'string' }, amount: { type: 'number' } } },
  };
}

function drawPolicy(namespace: string, name: string, index: number, count: number): JsonObject {
  const targetRef = { kind: 'Deployment', name };
  const near = (step: number) => (index + step) % count;
  const spec =
    index % 2 === 0
      ? {
          targetRef,
          allowedEndpoints: [1, 3, 5].map((step) => ({ name: `server-${near(step)}` })),
          tools: [
            { server: '*', name: 'get_*', effect: 'Allow' },
            { server: `server-${near(1)}`, name: 'list_*', effect: 'Allow' },
            {
              server: `server-${near(3)}`,
              name: 'create_*',
              effect: 'Allow',
              arguments: { type: 'object', properties: { amount: { type: 'number', maximum: 100 } } },
              limits: { callsPerSession: 5 },
            },
            { server: '*', name: '*_file_*', effect: 'Deny' },
          ],
        }
      : { targetRef, allowedEndpoints: [{ fqdn: 'db.example.com', port: 5432, protocol: 'tcp' }] };
  return { apiVersion, kind: 'CASAPolicy', metadata: { name, namespace }, spec };
}
