/** A MAS as the bundle's `data.json`: what Rego reads. */

import type { CompiledApp, CompiledRule, CompiledSystem } from '../../policies/system.ts';
import { renderHostPort, serviceHosts } from '../host_port.ts';
import { type AppModel, policyName, type SystemModel } from '../model.ts';
import { expandRules } from '../policy/expand_rules.ts';
import { llmEndpointOf } from '../policy/llm_endpoints.ts';
import { protocolsOf } from '../policy/protocols.ts';
import { reachOf } from '../policy/reach.ts';
import type { Destination } from '../policy/resolve_endpoint.ts';
import { groupBy, nameSet, record } from '../record.ts';

/** What has been derived of one app so far. */
export interface ResolvedApp {
  readonly app: AppModel;
  readonly destinations: readonly Destination[];
}

/** The apps are those of the model, in its order. */
export function emitSystem(
  model: SystemModel,
  resolved: readonly ResolvedApp[],
  rules: Iterable<readonly [string, CompiledRule]>,
): CompiledSystem {
  const { spec } = model.system;
  const { tools } = model;
  const compiledRules = record(rules);
  const apps = record(
    resolved.map(({ app, destinations }) => [app.name, emitApp(model, app, destinations, tools)] as const),
  );
  const reach = reachOf({ apps, tools, rules: compiledRules });
  return {
    name: model.mas,
    enforcement: spec.enforcement,
    checks: nameSet(spec.enabledToolChecks),
    on_abstain: spec.semanticCheck.onAbstain,
    reads_arguments: Object.values(compiledRules).some((rule) => rule.arguments !== null || rule.limits?.sum != null),
    apps: record(Object.entries(apps).map(([name, app]) => [name, { ...app, reach: reach[name] ?? {} }])),
    tools,
    rules: compiledRules,
  };
}

function emitApp(
  model: SystemModel,
  from: AppModel,
  destinations: readonly Destination[],
  tools: CompiledSystem['tools'],
): Omit<CompiledApp, 'reach'> {
  const llm = llmEndpointOf(model, from);
  return {
    type: from.app.type,
    takes_prompts: from.app.type === 'agent' && from.app.httpRequestSchema?.promptFieldJsonPath !== undefined,
    enforcement: from.policy?.spec.enforcement ?? 'Enforce',
    policies: [policyName(from.policy)],
    protocols: nameSet(protocolsOf(from)),
    callees: emitCallees(destinations),
    endpoints: emitEndpoints(model, destinations),
    llm: nameSet(llm === null ? [] : [renderHostPort(llm)]),
    tools: expandRules(from, destinations, tools),
  };
}

function emitCallees(destinations: readonly Destination[]): CompiledApp['callees'] {
  const edges = destinations.flatMap((to) => (to.kind === 'app' ? [[to.app.name, to.protocol] as const] : []));
  return groupSets(edges);
}

function emitEndpoints(model: SystemModel, destinations: readonly Destination[]): CompiledApp['endpoints'] {
  const exact = destinations.flatMap((to): readonly (readonly [string, string])[] => {
    if (to.kind === 'fqdn') return [[renderHostPort({ host: to.fqdn, port: to.port }), to.protocol]];
    if (to.kind !== 'service') return [];
    const hosts = serviceHosts(to.name, to.namespace, model.namespace);
    return hosts.map((host) => [renderHostPort({ host, port: to.port }), to.protocol]);
  });
  const prefixes = destinations.flatMap((to) =>
    to.kind === 'cidr' ? [{ cidr: to.cidr, port: to.port, protocol: to.protocol }] : [],
  );
  const sorted = record(prefixes.map((prefix) => [JSON.stringify(prefix), prefix]));
  return { exact: groupSets(exact), prefixes: Object.values(sorted) };
}

function groupSets(pairs: readonly (readonly [string, string])[]): {
  readonly [key: string]: { readonly [member: string]: true };
} {
  const groups = groupBy(pairs, ([key]) => key);
  return record([...groups].map(([key, found]) => [key, nameSet(found.map(([, member]) => member))]));
}
