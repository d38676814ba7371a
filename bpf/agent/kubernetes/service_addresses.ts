import type { V1EndpointSlice, V1Service } from '@kubernetes/client-node';

/** The label by which an EndpointSlice says whose it is. */
export const serviceLabel = 'kubernetes.io/service-name';

export interface ServiceObjects {
  readonly services: readonly V1Service[];
  readonly slices: readonly V1EndpointSlice[];
}

/** Every address by which a Service is reached: its own, and those of the pods behind it. */
export function serviceAddresses(objects: ServiceObjects, name: string, namespace: string): readonly string[] {
  const isOwn = (object: { metadata?: { name?: string; namespace?: string } }) =>
    object.metadata?.namespace === namespace && object.metadata.name === name;
  const own = objects.services.filter(isOwn).flatMap(({ spec }) => [spec?.clusterIP, ...(spec?.clusterIPs ?? [])]);
  const behind = objects.slices
    .filter(({ metadata }) => metadata?.namespace === namespace && metadata.labels?.[serviceLabel] === name)
    .filter(({ addressType }) => addressType !== 'FQDN')
    // A Service that has no pod yet has `null` there, whatever the type says.
    .flatMap(({ endpoints }) => (endpoints ?? []).flatMap(({ addresses }) => addresses));
  const all = [...own, ...behind].filter((address) => address !== undefined && address !== '' && address !== 'None');
  return [...new Set(all as readonly string[])]; // filtered
}
