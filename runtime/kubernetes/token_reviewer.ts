/** Whose a ServiceAccount token is: the API server says it, by TokenReview, and shows the pod. */
import { AuthenticationV1Api, CoreV1Api, type KubeConfig, type V1Pod } from '@kubernetes/client-node';
import { decodeJwt } from 'jose';
import { sha256Hex } from '../../policies/canonical.ts';
import { CasaError } from '../../policies/errors.ts';
import { appLabel, masLabel } from '../../policies/pod_labels.ts';
import type { BoundPod } from '../clients/cluster.ts';
import { statusCode } from './status_code.ts';
import { workloadOfPod } from './workload_of_pod.ts';

/** Only the sidecar of a pod has a token of this audience. */
export const tokenAudience = 'casa';
/** How long the API server's word is good without asking again. */
export const reviewTtlMs = 15_000;
const reviewsMax = 10_000;
const podNameKey = 'authentication.kubernetes.io/pod-name';
const podUidKey = 'authentication.kubernetes.io/pod-uid';

interface Reviewed {
  readonly pod: BoundPod;
  readonly untilMs: number;
}

export interface Clocks {
  readonly monotonicMs: () => number;
  /** Since the epoch. */
  readonly wallMs: () => number;
}

export class TokenReviewer {
  readonly #authentication: AuthenticationV1Api;
  readonly #core: CoreV1Api;
  readonly #clocks: Clocks;
  readonly #reviewed = new Map<string, Reviewed>();

  constructor(config: KubeConfig, clocks: Clocks) {
    this.#authentication = config.makeApiClient(AuthenticationV1Api);
    this.#core = config.makeApiClient(CoreV1Api);
    this.#clocks = clocks;
  }

  /** The pod that the token is bound to; null when the token is not good, or its pod is gone. Throws `kubernetes_unavailable`. */
  async podOfToken(token: string): Promise<BoundPod | null> {
    if (!mayBeGood(token, this.#clocks.wallMs())) return null;
    const key = sha256Hex(token);
    const known = this.#reviewed.get(key);
    if (known !== undefined && known.untilMs > this.#clocks.monotonicMs()) return known.pod;
    this.#reviewed.delete(key);
    const askedAtMs = this.#clocks.monotonicMs();
    const pod = await this.#ask(token);
    if (pod === null) return null;
    if (this.#reviewed.size >= reviewsMax) this.#reviewed.clear();
    this.#reviewed.set(key, { pod, untilMs: askedAtMs + reviewTtlMs });
    return pod;
  }

  /** Whatever was known of pods of this namespace is asked again. */
  forget(namespace: string): void {
    for (const [key, { pod }] of this.#reviewed) if (pod.namespace === namespace) this.#reviewed.delete(key);
  }

  async #ask(token: string): Promise<BoundPod | null> {
    try {
      const bound = await this.#review(token);
      return bound === null ? null : await this.#read(bound);
    } catch (cause) {
      throw new CasaError('kubernetes_unavailable', 'the API server does not say whose a token is', { cause });
    }
  }

  async #review(token: string): Promise<Bound | null> {
    const { status } = await this.#authentication.createTokenReview({
      body: { spec: { token, audiences: [tokenAudience] } },
    });
    // INVARIANT (deny by default): a server that does not know audiences leaves the list empty.
    if (status?.authenticated !== true || status.audiences?.includes(tokenAudience) !== true) return null;
    const [prefix, kind, namespace = '', account = '', ...more] = (status.user?.username ?? '').split(':');
    const name = status.user?.extra?.[podNameKey]?.[0];
    const uid = status.user?.extra?.[podUidKey]?.[0];
    const isAccount = prefix === 'system' && kind === 'serviceaccount' && namespace !== '' && more.length === 0;
    return isAccount && name !== undefined && uid !== undefined ? { namespace, account, name, uid } : null;
  }

  async #read(bound: Bound): Promise<BoundPod | null> {
    const pod = await this.#core.readNamespacedPod({ name: bound.name, namespace: bound.namespace }).catch(gone);
    if (pod === null || pod.metadata?.uid !== bound.uid) return null;
    if ((pod.spec?.serviceAccountName ?? 'default') !== bound.account) return null;
    if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return null;
    return boundPod(pod, bound.namespace);
  }
}

interface Bound {
  readonly namespace: string;
  readonly account: string;
  readonly name: string;
  readonly uid: string;
}

function boundPod(pod: V1Pod, namespace: string): BoundPod {
  const labels = pod.metadata?.labels ?? {};
  const [mas = null, app = null] = [labels[masLabel], labels[appLabel]];
  const { serviceAccountName: account = 'default', nodeName: node = null } = pod.spec ?? {};
  return { namespace, mas, app, workload: workloadOfPod(pod), account, node };
}

/** Spares the API server what it would refuse anyway, and ends what it vouched for in time; nothing is believed yet. */
function mayBeGood(token: string, wallMs: number): boolean {
  try {
    const { aud = [], exp = 0 } = decodeJwt(token);
    return [aud].flat().includes(tokenAudience) && exp * 1000 > wallMs;
  } catch {
    return false;
  }
}

function gone(error: unknown): null {
  if (statusCode(error) === 404) return null;
  throw error;
}
