/** Who is asking: the enforcement point of a pod, by its projected ServiceAccount token. */
import { decodeJwt } from 'jose';
import { clientId } from '../../policies/wire.ts';
import type { Parts } from '../parts.ts';
import type { Client } from './client.ts';

/** What a ServiceAccount token of Kubernetes says of itself; nothing of it is believed. */
export function looksLikePodToken(assertion: string): boolean {
  try {
    return typeof decodeJwt(assertion)['kubernetes.io'] === 'object';
  } catch {
    return false;
  }
}

/** The app that the token's pod is: by its labels, and by the workload that made it. Null for anything else. */
// INVARIANT (deny by default): the API server vouches for the token and its pod, and the MAS for the workload; a label alone
// makes nobody an app.
export async function authenticatePod(
  parts: Pick<Parts, 'cluster' | 'policies'>,
  token: string,
): Promise<Client | null> {
  const pod = (await parts.cluster?.podOfToken(token)) ?? null;
  if (pod === null || pod.mas === null || pod.app === null) return null;
  const mas = `${pod.namespace}.${pod.mas}`;
  const app = parts.policies.app(mas, pod.app);
  return app?.workload === pod.workload ? { clientId: clientId(mas, pod.app), mas, app: pod.app } : null;
}
