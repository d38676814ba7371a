/** What the policies of one app mean together, and what is wrong with each: derived once, judged and emitted from. */
import type { CASAPolicy } from '../../crds/types.ts';
import type { CompiledApp, CompiledRule } from '../../policies/system.ts';
import type { Finding } from '../finding.ts';
import type { AppModel, SystemModel } from '../model.ts';
import { compileRules } from './compile_rules.ts';
import { impliedDestinations, namedDestinations } from './destinations.ts';
import { expandRules, serversOf } from './expand_rules.ts';
import type { Destination } from './resolve_endpoint.ts';

export interface DerivedApp {
  readonly app: AppModel;
  /** Where it may go by any of its policies. */
  readonly destinations: readonly Destination[];
  readonly rules: readonly (readonly [string, CompiledRule])[];
  /** Server, tool, ids of rules. */
  readonly tools: CompiledApp['tools'];
  /** One for each policy, in their order. */
  readonly policies: readonly DerivedPolicy[];
}

export interface DerivedPolicy {
  readonly policy: CASAPolicy;
  /** The servers that its `Allow` rules reach: of its own endpoints, or of all where it names none. */
  readonly servers: readonly string[];
  readonly findings: readonly Finding[];
}

/**
 * Several policies are one whose lists are joined: a field that a policy lacks says nothing where another has it. An `Allow`
 * reaches as far as the endpoints of its own policy; a `Deny` of any policy wins everywhere.
 */
export function deriveApp(model: SystemModel, app: AppModel): DerivedApp {
  const named = app.policies.map((policy) => namedDestinations(model, app, policy));
  const destinations = named.every((one) => one === null)
    ? impliedDestinations(model, app)
    : named.flatMap((one) => one?.destinations ?? []);
  const servers = serversOf(destinations);
  const compiled = app.policies.map((policy) => compileRules(policy));
  const policies = app.policies.map((policy, index): DerivedPolicy => {
    const own = named[index];
    return {
      policy,
      servers: own == null ? servers : serversOf(own.destinations),
      findings: [...(own?.findings ?? []), ...(compiled[index]?.findings ?? [])],
    };
  });
  return {
    app,
    destinations,
    rules: compiled.flatMap(({ rules }) => rules),
    tools: expandRules(policies, servers, model.tools),
    policies,
  };
}
