/** The MAS that a recorded run stands for: one agent, and a server for each prefix of its tools' names. */
import { sha256Hex } from '../../../policies/canonical.ts';
import type { JsonObject, ToolCheckName } from '../../../policies/contract.ts';
import type { OfferedTool } from '../read/recorded_run.ts';

export const namespace = 'recorded';
/** Policies for recordings name this workload. */
export const agent = 'agent';

const descriptionLengthMax = 8192;
const appNameLengthMax = 63;

export interface MasOfRun {
  /** A MultiAgentSystem as it would be applied. */
  readonly resource: JsonObject;
  /** Names as the agent's LLM knew them, to where they are served. */
  readonly places: ReadonlyMap<string, ToolPlace>;
}

export interface ToolPlace {
  readonly server: string;
  readonly name: string;
}

/** `server/name` is the tool `name` of an app `server`; a name without a prefix is of an app called like the suite. */
export function masOfRun(
  suite: string,
  tools: readonly OfferedTool[],
  enabledToolChecks: readonly ToolCheckName[],
): MasOfRun {
  const places = placeTools(suite, tools);
  const servers = [...new Set([...places.values()].map(({ server }) => server))].sort();
  const name = `${suite.replaceAll('_', '-').slice(0, 40)}-${sha256Hex(JSON.stringify(tools)).slice(0, 8)}`;
  return {
    places,
    resource: {
      apiVersion: 'casa.io/v1alpha1',
      kind: 'MultiAgentSystem',
      metadata: { namespace, name },
      spec: {
        name: suite,
        enabledToolChecks,
        llm_host: 'llm.recorded.invalid',
        apps: [
          { ...appOf(agent, 'agent'), httpRequestSchema: { promptFieldJsonPath: '{.prompt}' } },
          ...servers.map((server) => ({
            ...appOf(server, 'mcp_server'),
            tools: tools.flatMap((tool) => {
              const place = places.get(tool.name);
              return place?.server === server ? [{ ...definitionOf(tool), name: place.name }] : [];
            }),
          })),
        ],
      },
    },
  };
}

function appOf(name: string, type: string): JsonObject {
  return { name, type, kubernetesWorkloadName: name, baseUrl: { host: `${name}:8080`, scheme: 'http' } };
}

function definitionOf({ description, inputSchema }: OfferedTool): JsonObject {
  return { description: description.slice(0, descriptionLengthMax), inputSchema };
}

function placeTools(suite: string, tools: readonly OfferedTool[]): ReadonlyMap<string, ToolPlace> {
  const taken = new Map<string, string>([[agent, '']]);
  const serverOf = (prefix: string): string => {
    const plain = appName(prefix);
    const owner = taken.get(plain);
    if (owner === undefined) taken.set(plain, prefix);
    // Two prefixes that come to one app name must not become one server.
    return owner === undefined || owner === prefix ? plain : `${plain.slice(0, 50)}-${sha256Hex(prefix).slice(0, 8)}`;
  };
  return new Map(
    tools.map(({ name }): [string, ToolPlace] => {
      const slash = name.indexOf('/');
      return slash < 0
        ? [name, { server: serverOf(suite), name }]
        : [name, { server: serverOf(name.slice(0, slash)), name: name.slice(slash + 1) }];
    }),
  );
}

/** As the names of apps are spelled: a-z, 0-9 and -. */
function appName(text: string): string {
  const plain = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, appNameLengthMax);
  return plain.replaceAll(/^-+|-+$/g, '') || 'server';
}
