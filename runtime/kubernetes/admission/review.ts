/** Admission reviews: what the API server asks of webhooks, and what it is answered (admission.k8s.io/v1). */
import { isDeepStrictEqual } from 'node:util';
import type { V1Pod } from '@kubernetes/client-node';
import { type CustomResource, parseCustomResource, plurals } from '../reconcile/custom_resource.ts';
import { injectMeshPod } from './inject_mesh_pod.ts';
import { type InjectionFacts, injectPod } from './inject_pod.ts';
import { judgeResource } from './judge_resource.ts';

export interface ReviewRequest {
  readonly uid: string;
  readonly kind: string;
  readonly namespace: string;
  readonly object: object;
  /** What an update changes. */
  readonly oldObject: object | null;
}

export interface ReviewAnswer {
  readonly apiVersion: 'admission.k8s.io/v1';
  readonly kind: 'AdmissionReview';
  readonly response: {
    readonly uid: string;
    readonly allowed: boolean;
    readonly status?: { readonly code: number; readonly message: string };
    readonly warnings?: readonly string[];
    readonly patchType?: 'JSONPatch';
    readonly patch?: string;
  };
}

/** The request in a review, or null when this is none. */
export function parseReview(body: unknown): ReviewRequest | null {
  const request = at(body, 'request');
  const [uid, kind, namespace, object] = [
    at(request, 'uid'),
    at(at(request, 'kind'), 'kind'),
    at(request, 'namespace'),
    at(request, 'object'),
  ];
  if (typeof uid !== 'string' || typeof kind !== 'string' || typeof object !== 'object' || object === null) return null;
  const before = at(request, 'oldObject');
  const oldObject = typeof before === 'object' ? before : null;
  return { uid, kind, object, oldObject, namespace: typeof namespace === 'string' ? namespace : '' };
}

/** `/validate` */
export function answerValidate(request: ReviewRequest, known: readonly CustomResource[]): ReviewAnswer {
  const kind = Object.keys(plurals).find((name) => name === request.kind);
  const resource =
    kind === 'MultiAgentSystem' || kind === 'CASAPolicy' ? parseCustomResource(request.object, kind) : null;
  if (resource === null) return refuse(request, `no resource of casa.io: \`${request.kind}\``);
  // A deleted resource loses its finalizer by an update, whatever is wrong with it.
  if (resource.metadata.deletionTimestamp !== undefined) return allow(request);
  // Labels and finalizers are no policy: what is wrong already must not keep them from changing.
  if (request.oldObject !== null && isDeepStrictEqual(at(request.oldObject, 'spec'), resource.spec))
    return allow(request);
  const { allowed, message, warnings } = judgeResource(resource, known);
  return allowed ? allow(request, { warnings: warnings.slice(0, 16) }) : refuse(request, message);
}

/** What is put into a pod: our Envoy and ext-authz, or, where istio-proxy is the Envoy, ext-authz alone. */
export const injections = { '/inject': injectPod, '/inject-istio': injectMeshPod } as const;

/** Pods of namespaces that are labelled `casa.io/injection=enabled`. */
export function answerInject(
  request: ReviewRequest,
  known: readonly CustomResource[],
  facts: InjectionFacts,
  inject: typeof injectPod,
): ReviewAnswer {
  if (request.kind !== 'Pod') return refuse(request, `no pod: \`${request.kind}\``);
  // `as`: the API server has validated the pod against its own schema.
  const injected = inject(request.object as V1Pod, request.namespace, known, facts);
  switch (injected.kind) {
    case 'refused':
      return refuse(request, injected.message);
    case 'unchanged':
      return allow(request);
    case 'patched':
      return allow(request, {
        patchType: 'JSONPatch',
        patch: Buffer.from(JSON.stringify(injected.patch)).toString('base64'),
      });
  }
}

export function refuse({ uid }: ReviewRequest, message: string): ReviewAnswer {
  const response = { uid, allowed: false, status: { code: 422, message } };
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response };
}

function allow(
  { uid }: ReviewRequest,
  more: Pick<ReviewAnswer['response'], 'warnings' | 'patch' | 'patchType'> = {},
): ReviewAnswer {
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid, allowed: true, ...more } };
}

function at(value: unknown, field: string): unknown {
  return value !== null && typeof value === 'object' && Object.hasOwn(value, field) ? Reflect.get(value, field) : null;
}
