import { readFileSync } from 'node:fs';
import {
  CoreV1Api,
  CustomObjectsApi,
  DiscoveryV1Api,
  type KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
  type V1EndpointSlice,
  type V1Pod,
  type V1Service,
} from '@kubernetes/client-node';
import { CasaError } from '../../../policies/errors.ts';
import { masLabel } from '../../../policies/pod_labels.ts';
import type { KubernetesConfig } from '../config.ts';
import type { Resolver } from '../names/resolver.ts';
import type { ReadPlaced } from '../placed/placed.ts';
import type { KernelRow } from '../rows/kernel_row.ts';
import { kernelRow } from '../rows/resolve_rows.ts';
import { RowCompiler } from './compile_rows.ts';
import { findKubepods } from './find_cgroup.ts';
import { KeptWatch } from './kept_watch.ts';
import { placePods } from './place_pods.ts';
import { serviceAddresses } from './service_addresses.ts';

const crdApi = { group: 'casa.io', version: 'v1alpha1' } as const;
const kinds = { MultiAgentSystem: 'multiagentsystems', CASAPolicy: 'casapolicies' } as const;
/** Asked of what is watched: nothing is saved by waiting longer. */
const serviceTtlMs = 1_000;
const resolvConf = '/etc/resolv.conf';

/** One node of a cluster: its pods under enforcement, the rows of their systems, and where Services are. */
export class ClusterWatch {
  readonly #kubepods: string;
  readonly #config: KubernetesConfig;
  readonly #pods: KeptWatch<V1Pod>;
  readonly #services: KeptWatch<V1Service>;
  readonly #slices: KeptWatch<V1EndpointSlice>;
  readonly #resources: Readonly<Record<keyof typeof kinds, KeptWatch<KubernetesObject>>>;
  readonly #compiler = new RowCompiler();

  constructor(kube: KubeConfig, config: KubernetesConfig, failed: (error: unknown) => void) {
    const kubepods = config.kubepods ?? findKubepods();
    if (kubepods === null) throw new CasaError('configuration_invalid', 'no cgroup of pods: say `kubernetes.kubepods`');
    this.#kubepods = kubepods;
    this.#config = config;
    const core = kube.makeApiClient(CoreV1Api);
    const labelled = { labelSelector: masLabel };
    const pods = () => core.listPodForAllNamespaces(labelled);
    this.#pods = new KeptWatch(kube, { path: '/api/v1/pods', list: pods, ...labelled }, failed);
    const services = () => core.listServiceForAllNamespaces();
    this.#services = new KeptWatch(kube, { path: '/api/v1/services', list: services }, failed);
    const discovery = kube.makeApiClient(DiscoveryV1Api);
    const slices = () => discovery.listEndpointSliceForAllNamespaces();
    this.#slices = new KeptWatch(kube, { path: '/apis/discovery.k8s.io/v1/endpointslices', list: slices }, failed);
    const custom = kube.makeApiClient(CustomObjectsApi);
    const watch = (plural: string) => {
      // `as`: a list, as the API server answers for a kind that it knows.
      const list = async () =>
        (await custom.listCustomObjectForAllNamespaces({
          ...crdApi,
          plural,
        })) as KubernetesListObject<KubernetesObject>;
      return new KeptWatch(kube, { path: `/apis/casa.io/v1alpha1/${plural}`, list }, failed);
    };
    this.#resources = { MultiAgentSystem: watch(kinds.MultiAgentSystem), CASAPolicy: watch(kinds.CASAPolicy) };
  }

  /** Resolves once everything was listed. */
  async start(): Promise<void> {
    await Promise.all(this.#watches().map((watch) => watch.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#watches().map((watch) => watch.stop()));
  }

  readonly placed: ReadPlaced = () => {
    const resources = (Object.keys(kinds) as (keyof typeof kinds)[]).flatMap((kind) =>
      // Items of a list say neither.
      this.#resources[kind].list().map((object) => ({ ...object, apiVersion: 'casa.io/v1alpha1', kind })),
    );
    const { systems, issues } = this.#compiler.read(resources);
    const { sidecarReaches, nodeName } = this.#config;
    const own = this.#pods.list().filter(({ spec }) => spec?.nodeName === nodeName);
    const cgroups = placePods(own, { kubepods: this.#kubepods, sidecarReaches });
    return { systems, cgroups, issues };
  };

  /** Services as the cluster has them; everything else, and what it does not have, is for `otherwise`. */
  resolver(otherwise: Resolver): Resolver {
    return async (name) => {
      if (name.kind !== 'service') return otherwise(name);
      const objects = { services: this.#services.list(), slices: this.#slices.list() };
      const addresses = serviceAddresses(objects, name.name, name.namespace);
      return addresses.length === 0 ? otherwise(name) : { addresses, ttlMs: serviceTtlMs };
    };
  }

  #watches(): readonly Pick<KeptWatch<KubernetesObject>, 'start' | 'stop'>[] {
    return [this.#pods, this.#services, this.#slices, ...Object.values(this.#resources)];
  }
}

/** The name servers of pods are those of the agent's own. */
export function nameServerRows(text = readFileSync(resolvConf, 'utf8')): readonly KernelRow[] {
  const servers = text.split('\n').flatMap((line) => /^nameserver\s+([0-9a-fA-F.:]+)\s*$/.exec(line)?.[1] ?? []);
  return servers.flatMap((server) =>
    (['udp', 'tcp'] as const).flatMap((proto) =>
      kernelRow(proto, 53, server.includes(':') ? `${server}/128` : `${server}/32`),
    ),
  );
}
