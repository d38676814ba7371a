/** What an Envoy reads: what it starts with, and beside it clusters and listeners, which it takes anew when their file changes. */
import { renameSync, writeFileSync } from 'node:fs';
import type { Cluster, EnvoyBootstrap } from '../compiler/envoy/bootstrap.ts';
import { checkCluster, processCluster } from '../compiler/envoy/clusters.ts';
import { sha256Hex } from '../policies/canonical.ts';
import { envoyVersions } from './envoy.ts';
import type { SidecarPlaces } from './places.ts';
import { until } from './process/listening.ts';

const apiType = (name: string) => `type.googleapis.com/envoy.config.${name}`;
/** The two clusters that lead to ext-authz are the same whatever the policy says: Envoy starts with them. */
const fixed: readonly string[] = [checkCluster, processCluster];
const swapMs = 5_000;

/** Writes everything that an Envoy starts with. */
export function writeEnvoyFiles(places: SidecarPlaces, emitted: EnvoyBootstrap): void {
  const { listeners, clusters } = emitted.static_resources;
  const source = (path: string) => ({ resource_api_version: 'V3', path_config_source: { path } });
  writeClusters(places, changing(clusters));
  writeResources(places.listenersFile, 'listener.v3.Listener', listeners);
  writeWhole(places.envoyConfig, {
    ...emitted,
    static_resources: { clusters: clusters.filter(({ name }) => fixed.includes(name)) },
    dynamic_resources: { cds_config: source(places.clustersFile), lds_config: source(places.listenersFile) },
  });
}

/**
 * Lets a running Envoy go over from one configuration to the next without a gap: it has every cluster before a listener names it, and
 * until none does. False when it does not take it.
 */
export async function swapEnvoyFiles(
  places: SidecarPlaces,
  before: EnvoyBootstrap,
  after: EnvoyBootstrap,
): Promise<boolean> {
  const clusters = changing(after.static_resources.clusters);
  const names = new Set(clusters.map(({ name }) => name));
  const leaving = changing(before.static_resources.clusters).filter(({ name }) => !names.has(name));
  const both = writeClusters(places, [...clusters, ...leaving]);
  if (!(await takes(places, 'clusters', both))) return false;
  const listeners = writeResources(places.listenersFile, 'listener.v3.Listener', after.static_resources.listeners);
  if (!(await takes(places, 'listeners', listeners))) return false;
  return leaving.length === 0 || (await takes(places, 'clusters', writeClusters(places, clusters)));
}

async function takes(places: SidecarPlaces, what: 'clusters' | 'listeners', version: string): Promise<boolean> {
  const taken = async () => (await envoyVersions(places.adminSocket))[what] === version;
  return until(taken, AbortSignal.timeout(swapMs)).then(
    () => true,
    () => false,
  );
}

function changing(clusters: readonly Cluster[]): readonly Cluster[] {
  return clusters.filter(({ name }) => !fixed.includes(name));
}

function writeClusters(places: SidecarPlaces, clusters: readonly Cluster[]): string {
  return writeResources(places.clustersFile, 'cluster.v3.Cluster', clusters);
}

/** A DiscoveryResponse as a file; gives its version. */
function writeResources(path: string, type: string, messages: readonly object[]): string {
  const resources = messages.map((message) => ({ '@type': apiType(type), ...message }));
  const version_info = sha256Hex(JSON.stringify(resources)).slice(0, 16);
  writeWhole(path, { version_info, resources });
  return version_info;
}

/** Envoy looks when a file is moved into place, and so never at half of one. */
function writeWhole(path: string, value: object): void {
  writeFileSync(`${path}.new`, JSON.stringify(value), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
