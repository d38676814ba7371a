/** A MAS as the bundle's `data.json`: what Rego reads. */

import type { CompiledApp, CompiledSystem } from '../../policies/system.ts';
import { renderHostPort, serviceHosts } from '../host_port.ts';
import { policyNames, type SystemModel } from '../model.ts';
import type { DerivedApp } from '../policy/derive_app.ts';
import { llmEndpointOf } from '../policy/llm_endpoints.ts';
import { protocolsOf } from '../policy/protocols.ts';
import { reachOf } from '../policy/reach.ts';
import type { Destination } from '../policy/resolve_endpoint.ts';
import { groupBy, nameSet, record } from '../record.ts';

/** The apps are those of the model, in its order. */
export function emitSystem(model: SystemModel, derived: readonly DerivedApp[]): CompiledSystem {
  const { spec } = model.system;
  const { tools } = model;
  const rules = record(derived.flatMap((app) => app.rules));
  const apps = record(derived.map((app) => [app.app.name, emitApp(model, app)] as const));
  const reach = reachOf({ apps, tools, rules });
  // Members stand in the order of their names here and in what is below: `canonicalJson` is fastest so.
  return {
    apps: record(Object.entries(apps).map(([name, app]) => [name, { ...app, reach: reach[name] ?? {} }])),
    checks: nameSet(spec.enabledToolChecks),
    enforcement: spec.enforcement,
    name: model.mas,
    on_abstain: spec.semanticCheck.onAbstain,
    reads_arguments: Object.values(rules).some((rule) => rule.arguments !== null || rule.limits?.sum != null),
    rules,
    tools,
  };
}

/** The reach is known when all apps are. */
function emitApp(model: SystemModel, { app: from, destinations, tools }: DerivedApp): CompiledApp {
  const llm = llmEndpointOf(model, from);
  return {
    callees: emitCallees(destinations),
    endpoints: emitEndpoints(model, destinations),
    // Policies of one workload that differ here are an issue.
    enforcement: from.policies[0]?.spec.enforcement ?? 'Enforce',
    llm: nameSet(llm === null ? [] : [renderHostPort(llm)]),
    policies: policyNames(from),
    protocols: nameSet(protocolsOf(from)),
    reach: {},
    takes_prompts: from.app.type === 'agent' && from.app.httpRequestSchema?.promptFieldJsonPath !== undefined,
    tools,
    type: from.app.type,
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
