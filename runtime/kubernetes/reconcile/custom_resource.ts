/** The custom resources as the API server holds them: what is looked at before `crds/load.ts` has judged them. */
import { resourceId } from '../../../crds/issue.ts';
import { apiVersion } from '../../../crds/schema.ts';

export const finalizer = 'casa.io/runtime';
export const plurals = { MultiAgentSystem: 'multiagentsystems', CASAPolicy: 'casapolicies' } as const;
export type CustomKind = keyof typeof plurals;

export interface CustomResource {
  readonly apiVersion: string;
  readonly kind: CustomKind;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly generation: number;
    readonly deletionTimestamp?: unknown;
    readonly finalizers: readonly string[];
  };
  readonly spec: unknown;
  readonly status: unknown;
}

/** An object of the API server as a custom resource, or null when it is none. */
export function parseCustomResource(value: unknown, kind: CustomKind): CustomResource | null {
  const metadata = at(value, 'metadata');
  const name = at(metadata, 'name');
  const namespace = at(metadata, 'namespace');
  if (typeof name !== 'string' || typeof namespace !== 'string') return null;
  const uid = at(metadata, 'uid');
  const generation = at(metadata, 'generation');
  const finalizers = at(metadata, 'finalizers');
  const deletionTimestamp = at(metadata, 'deletionTimestamp');
  return {
    // Items of a list have neither.
    apiVersion: textOr(at(value, 'apiVersion'), apiVersion),
    kind,
    metadata: {
      name,
      namespace,
      uid: textOr(uid, ''),
      generation: typeof generation === 'number' ? generation : 0,
      finalizers: Array.isArray(finalizers) ? finalizers.filter((entry) => typeof entry === 'string') : [],
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    },
    spec: at(value, 'spec'),
    status: at(value, 'status'),
  };
}

/** `namespace.name` */
export function masName({ metadata }: CustomResource): string {
  return `${metadata.namespace}.${metadata.name}`;
}

/** As in `Issue.resource`. */
export function resourceOf({ kind, metadata }: CustomResource): string {
  return resourceId(kind, metadata);
}

/** What ties policies to systems, of a spec that nobody has judged yet. */
export function identify({ spec }: CustomResource): {
  readonly target: string | null;
  readonly workloads: readonly string[];
  readonly apps: readonly string[];
} {
  const target = at(at(spec, 'targetRef'), 'name');
  const apps = at(spec, 'apps');
  const names = (field: string) =>
    Array.isArray(apps) ? apps.map((app) => at(app, field)).filter((name) => typeof name === 'string') : [];
  return {
    target: typeof target === 'string' ? target : null,
    workloads: names('kubernetesWorkloadName'),
    apps: names('name'),
  };
}

function at(value: unknown, field: string): unknown {
  if (value === null || typeof value !== 'object' || !Object.hasOwn(value, field)) return undefined;
  return Reflect.get(value, field);
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}
