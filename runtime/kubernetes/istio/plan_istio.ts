/** What Istio has of ours and what it should have, to actions. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { type EmittableMas, emitIstio } from '../../../compiler/istio/emit_istio.ts';
import type { IstioObject } from '../../../compiler/istio/objects.ts';
import { istioOptions } from '../../../compiler/istio/options.ts';

/** An object of ours as the API server holds it. */
export interface StoredObject {
  readonly kind: IstioObject['kind'];
  readonly namespace: string;
  readonly name: string;
  readonly spec: unknown;
}

export interface ObservedMesh {
  /** Namespaces labelled `istio-injection=enabled`. */
  readonly namespaces: ReadonlySet<string>;
  /** All that have our owner label. */
  readonly objects: readonly StoredObject[];
  /** Namespaces with a MAS that should serve and does not. */
  readonly unsettled: ReadonlySet<string>;
}

export type IstioAction =
  | { readonly kind: 'apply'; readonly object: IstioObject }
  | { readonly kind: 'delete'; readonly object: StoredObject };

/** In the order they must be done: nothing is taken away before its successor is there. */
// INVARIANT (deny by default): where a MAS is not served for want of something, what stands before its pods stays.
export function planIstio(observed: ObservedMesh, served: readonly EmittableMas[]): readonly IstioAction[] {
  const wanted = [...observed.namespaces].sort().flatMap((namespace) => emitIstio(namespace, served, istioOptions));
  const there = new Map(observed.objects.map((object) => [keyOf(object), object]));
  const applied = wanted.filter(
    (object) => !isDeepStrictEqual(there.get(keyOf(place(object)))?.spec, plain(object.spec)),
  );
  const kept = new Set(wanted.map((object) => keyOf(place(object))));
  const gone = observed.objects.filter(
    (object) => !kept.has(keyOf(object)) && !observed.unsettled.has(object.namespace),
  );
  return [
    ...applied.map((object) => ({ kind: 'apply', object }) as const),
    ...gone.map((object) => ({ kind: 'delete', object }) as const),
  ];
}

function place({ kind, metadata: { namespace, name } }: IstioObject) {
  return { kind, namespace, name };
}

function keyOf({ kind, namespace, name }: Omit<StoredObject, 'spec'>): string {
  return `${kind}/${namespace}/${name}`;
}

/** As it comes back from the API server. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
