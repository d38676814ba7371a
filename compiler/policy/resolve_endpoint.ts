/** One entry of `allowedEndpoints` to the destination it means, or what is wrong with it. */
import { isIP } from 'node:net';
import { hint, quote } from '../../crds/quote.ts';
import type { AllowedEndpoint } from '../../crds/types.ts';
import { unreachable } from '../../policies/errors.ts';
import { errorAt, type Finding } from '../finding.ts';
import { hostKey } from '../host_port.ts';
import type { AppModel, SystemModel } from '../model.ts';
import { llmEndpointOf } from './llm_endpoints.ts';
import { type AppProtocol, servedProtocol } from './protocols.ts';

export type Destination =
  | { readonly kind: 'app'; readonly app: AppModel; readonly protocol: AppProtocol }
  | {
      readonly kind: 'service';
      readonly name: string;
      readonly namespace: string;
      readonly port: number;
      readonly protocol: string;
    }
  | { readonly kind: 'fqdn'; readonly fqdn: string; readonly port: number; readonly protocol: string }
  | { readonly kind: 'cidr'; readonly cidr: string; readonly port: number; readonly protocol: string };

export type ResolvedEndpoint = { readonly destination: Destination } | { readonly finding: Finding };

/** Resolves one entry at the path. */
export function resolveEndpoint(model: SystemModel, endpoint: AllowedEndpoint, path: string): ResolvedEndpoint {
  const kinds = (['name', 'fqdn', 'cidr'] as const).filter((kind) => endpoint[kind] !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    return wrong(path, 'endpoint_ambiguous', 'needs exactly one of `name`, `fqdn` and `cidr`');
  }
  if (kind !== 'name' && endpoint.namespace !== undefined) {
    return wrong(`${path}.namespace`, 'endpoint_ambiguous', `belongs to \`name\`, not to \`${kind}\` (remove it)`);
  }
  switch (kind) {
    case 'name':
      return resolveName(model, endpoint, path);
    case 'fqdn':
      return resolveFqdn(model, endpoint, path);
    case 'cidr':
      return resolveCidr(endpoint, path);
    default:
      return unreachable(kind);
  }
}

function resolveName(model: SystemModel, endpoint: AllowedEndpoint, path: string): ResolvedEndpoint {
  const { name = '', namespace = model.namespace, port, protocol } = endpoint;
  const called = namespace === model.namespace ? findApp(model, name) : undefined;
  if (called !== undefined) return resolveApp(called, endpoint, path);
  if (protocol === 'http' || protocol === 'tcp' || protocol === 'tls') {
    if (port !== undefined) return { destination: { kind: 'service', name, namespace, port, protocol } };
    const names = model.apps.map((app) => app.name);
    const message = `${quote(name)} is no app of ${quote(model.mas)}, and a Service needs a \`port\`${hint(name, names)}`;
    return wrong(`${path}.port`, 'missing_port', message);
  }
  if (namespace !== model.namespace) {
    const message = `namespace ${quote(namespace)} is outside ${quote(model.mas)}: only \`protocol: http\`, \`tcp\` or \`tls\` lead there`;
    return wrong(`${path}.namespace`, 'endpoint_outside_mas', message);
  }
  const names = model.apps.map((app) => app.name);
  return wrong(`${path}.name`, 'unknown_app', `no app named ${quote(name)} in ${quote(model.mas)}${hint(name, names)}`);
}

function resolveApp(called: AppModel, endpoint: AllowedEndpoint, path: string): ResolvedEndpoint {
  const { port } = endpoint;
  if (port !== undefined && called.address !== null && port !== called.address.port) {
    const message = `${quote(called.name)} listens on port ${called.address.port}, not ${port} (leave \`port\` out)`;
    return wrong(`${path}.port`, 'wrong_port', message);
  }
  const protocol = endpoint.protocol ?? servedProtocol(called.app.type);
  if (protocol === 'tcp' || protocol === 'tls') {
    const message = `${quote(called.name)} is an app: only \`mcp\`, \`a2a\` and \`http\` are checked on the way there`;
    return wrong(`${path}.protocol`, 'app_unchecked', message);
  }
  if (protocol === null || (protocol !== 'http' && protocol !== servedProtocol(called.app.type))) {
    const served = servedProtocol(called.app.type) ?? 'http';
    const message = `${quote(called.name)} is of type \`${called.app.type}\`: this can never match (did you mean \`${served}\`?)`;
    return wrong(`${path}.protocol`, 'endpoint_never_matches', message);
  }
  return { destination: { kind: 'app', app: called, protocol } };
}

function resolveFqdn(model: SystemModel, endpoint: AllowedEndpoint, path: string): ResolvedEndpoint {
  const { port, protocol = 'tcp' } = endpoint;
  const fqdn = (endpoint.fqdn ?? '').toLowerCase();
  if (isIP(fqdn) !== 0) return wrong(`${path}.fqdn`, 'wrong_form', `${quote(fqdn)} is an address (use \`cidr\`)`);
  const problem = outsideProblem(endpoint, path);
  if (problem !== null) return problem;
  if (port === undefined) return wrong(`${path}.port`, 'missing_port', 'is required beside `fqdn`');
  const key = hostKey(fqdn, model.namespace);
  const called = model.apps.find((app) => app.hostKey === key);
  if (called !== undefined) {
    const message = `${quote(fqdn)} is the app ${quote(called.name)} (use \`name: ${called.name}\`)`;
    return wrong(`${path}.fqdn`, 'app_unchecked', message);
  }
  if (model.apps.some((app) => llmEndpointOf(model, app)?.host === fqdn)) {
    const message = `${quote(fqdn)} is an LLM endpoint: as any other endpoint its answers would not be read (use \`llmEndpoint\`)`;
    return wrong(`${path}.fqdn`, 'llm_unchecked', message);
  }
  return { destination: { kind: 'fqdn', fqdn, port, protocol } };
}

function resolveCidr(endpoint: AllowedEndpoint, path: string): ResolvedEndpoint {
  const { cidr = '', port, protocol = 'tcp' } = endpoint;
  const canonical = parseCidr(cidr);
  if (canonical === null) {
    return wrong(`${path}.cidr`, 'wrong_form', `${quote(cidr)} is no address prefix (such as \`10.0.0.0/8\`)`);
  }
  const problem = outsideProblem(endpoint, path);
  if (problem !== null) return problem;
  if (port === undefined) return wrong(`${path}.port`, 'missing_port', 'is required beside `cidr`');
  return { destination: { kind: 'cidr', cidr: canonical, port, protocol } };
}

function outsideProblem({ protocol }: AllowedEndpoint, path: string): ResolvedEndpoint | null {
  if (protocol !== 'mcp' && protocol !== 'a2a') return null;
  const message = `\`${protocol}\` leads to apps of the MAS only (name one, or use \`http\`, \`tcp\` or \`tls\`)`;
  return wrong(`${path}.protocol`, 'endpoint_outside_mas', message);
}

/** An address prefix that means what it says: no bits behind the prefix, never an IPv4 address in IPv6's clothes. */
export function parseCidr(text: string): string | null {
  const [address = '', digits = ''] = text.toLowerCase().split('/');
  const family = isIP(address);
  const bits = Number(digits);
  if (family === 0 || !/^\d{1,3}$/.test(digits) || bits > (family === 4 ? 32 : 128)) return null;
  if (family === 6 && /^(::ffff:|0{0,4}(:0{1,4}){4}:ffff:)/.test(address)) return null;
  return `${address}/${bits}`;
}

/** By app name, else by the Service that its base URL names. */
function findApp(model: SystemModel, name: string): AppModel | undefined {
  const found = model.apps.find((app) => app.name === name);
  if (found !== undefined) return found;
  const key = hostKey(name, model.namespace);
  return model.apps.find((app) => app.hostKey === key);
}

function wrong(path: string, code: string, message: string): ResolvedEndpoint {
  return { finding: errorAt(path, code, message) };
}
