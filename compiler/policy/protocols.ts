/** Protocols that an app may speak, and the one an edge to an app speaks when none is named. */
import type { AppType } from '../../policies/contract.ts';
import type { AppModel } from '../model.ts';

export type AppProtocol = 'mcp' | 'a2a' | 'http';

/** What the policies' `allowedProtocols` name together, else what the app's type implies. */
export function protocolsOf({ app, policies }: AppModel): readonly AppProtocol[] {
  const lists = policies.flatMap(({ spec }) => (spec.allowedProtocols === undefined ? [] : [spec.allowedProtocols]));
  if (lists.length > 0) return [...new Set(lists.flat())];
  return app.type === 'mcp_server' ? [] : ['a2a', 'mcp'];
}

/** What an app of this type is called by; null: it is not called. */
export function servedProtocol(type: AppType): AppProtocol | null {
  if (type === 'client') return null;
  return type === 'agent' ? 'a2a' : 'mcp';
}
