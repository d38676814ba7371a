/** The LLM endpoint an app may use: its policies', else for agents the `llm_host` of the MAS. */
import { type HostPort, parseHostPort } from '../host_port.ts';
import type { AppModel, SystemModel } from '../model.ts';

const portDefault = 443;

/** null: the app has no LLM. */
export function llmEndpointOf({ system }: SystemModel, { app, policies }: AppModel): HostPort | null {
  // Two that differ are an issue.
  const own = policies.find(({ spec }) => spec.llmEndpoint !== undefined)?.spec.llmEndpoint;
  if (own !== undefined) return { host: own.fqdn.toLowerCase(), port: own.port };
  const { llm_host: host } = system.spec;
  return app.type === 'agent' && host !== undefined ? parseHostPort(host, portDefault) : null;
}

/** The `llm_host` itself; null when there is none or its port is none. */
export function systemLlm({ system }: SystemModel): HostPort | null {
  const { llm_host: host } = system.spec;
  return host === undefined ? null : parseHostPort(host, portDefault);
}
