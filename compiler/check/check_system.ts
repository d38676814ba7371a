/** Contradictions inside one MultiAgentSystem that no schema sees. */
import { hint, quote } from '../../crds/quote.ts';
import { errorAt, type Finding, warningAt } from '../finding.ts';
import { renderHostPort } from '../host_port.ts';
import type { AppModel, SystemModel } from '../model.ts';
import { llmEndpointOf, systemLlm } from '../policy/llm_endpoints.ts';
import { parseCidr } from '../policy/resolve_endpoint.ts';

/** Findings have paths into the MAS. */
export function checkSystem(model: SystemModel): readonly Finding[] {
  return [
    ...checkAddresses(model),
    ...checkWorkloads(model),
    ...checkLlm(model),
    ...checkIngress(model),
    ...model.apps.flatMap((app) => checkTools(model, app)),
  ];
}

function checkAddresses(model: SystemModel): readonly Finding[] {
  const seen = new Map<string, string>();
  return model.apps.flatMap((app): readonly Finding[] => {
    const path = `${pathOf(model, app)}.baseUrl.host`;
    const { address } = app;
    if (address === null) {
      return [errorAt(path, 'wrong_port', `${quote(app.app.baseUrl.host)} has no port between 1 and 65535`)];
    }
    const key = renderHostPort(address);
    const other = seen.get(key);
    if (other === undefined) seen.set(key, app.name);
    if (other === undefined || other === app.name) return [];
    return [errorAt(path, 'address_twice', `${quote(key)} is the app ${quote(other)} already: each app needs its own`)];
  });
}

function checkWorkloads(model: SystemModel): readonly Finding[] {
  const seen = new Map<string, string>();
  return model.apps.flatMap((app): readonly Finding[] => {
    const workload = app.app.kubernetesWorkloadName;
    const other = seen.get(workload);
    if (other === undefined) seen.set(workload, app.name);
    if (other === undefined || other === app.name) return [];
    const message = `${quote(workload)} is the workload of ${quote(other)} already: an app is one workload`;
    return [errorAt(`${pathOf(model, app)}.kubernetesWorkloadName`, 'workload_twice', message)];
  });
}

function checkLlm(model: SystemModel): readonly Finding[] {
  const { llm_host: text } = model.system.spec;
  const llm = systemLlm(model);
  if (text !== undefined && llm === null) {
    return [errorAt('spec.llm_host', 'wrong_port', `${quote(text)} has no port between 1 and 65535`)];
  }
  const called = model.apps.find(
    ({ address }) => llm !== null && address !== null && renderHostPort(address) === renderHostPort(llm),
  );
  if (called !== undefined) {
    const message = `${quote(text ?? '')} is the app ${quote(called.name)}: an LLM is no app of the MAS`;
    return [errorAt('spec.llm_host', 'address_twice', message)];
  }
  if (!model.system.spec.enabledToolChecks.includes('DETERMINISTIC_LLM_SELECTED_TOOLS')) return [];
  return model.apps
    .filter((app) => app.app.type === 'agent' && llmEndpointOf(model, app) === null)
    .map((app) =>
      warningAt(
        pathOf(model, app),
        'no_llm_endpoint',
        `${quote(app.name)} has no LLM endpoint, so every tool call of it is denied (set \`spec.llm_host\`)`,
      ),
    );
}

function checkIngress(model: SystemModel): readonly Finding[] {
  const { ingress } = model.system.spec;
  const entries = model.apps.filter(({ app }) => app.httpRequestSchema?.promptFieldJsonPath !== undefined);
  if (ingress === undefined) {
    if (entries.length === 0) return [];
    const message = 'any peer outside every MAS may start sessions (list the peers that may in `spec.ingress`)';
    return [warningAt('spec.ingress', 'open_ingress', message)];
  }
  return ingress.flatMap(({ cidr, namespace, workload }, index): readonly Finding[] => {
    const path = `spec.ingress[${index}]`;
    if (cidr === undefined) return [];
    if (namespace !== undefined || workload !== undefined) {
      return [errorAt(path, 'ingress_ambiguous', 'is either `cidr`, or `namespace` and `workload` (make two entries)')];
    }
    if (parseCidr(cidr) !== null) return [];
    return [errorAt(`${path}.cidr`, 'wrong_form', `${quote(cidr)} is no address prefix (such as \`10.0.0.0/8\`)`)];
  });
}

function checkTools(model: SystemModel, { app, name }: AppModel): readonly Finding[] {
  const path = `${pathOf(model, { name })}.tools`;
  if (app.type !== 'mcp_server') {
    if (app.tools === undefined) return [];
    const message = `${quote(name)} is of type \`${app.type}\`: only an \`mcp_server\` has tools`;
    return [errorAt(path, 'tools_misplaced', `${message}${hint(app.type, ['mcp_server'])}`)];
  }
  if ((app.tools ?? []).length > 0) return [];
  const message = `no tools of ${quote(name)} are known: every call is denied until they are (list them here)`;
  return [warningAt(path, 'tools_unknown', message)];
}

/** Where the app stands in the list as the user wrote it. */
function pathOf({ system }: SystemModel, { name }: { readonly name: string }): string {
  return `spec.apps[${system.spec.apps.findIndex((app) => app.name === name)}]`;
}
