/** The runtime's half in a cluster: the controller, and the webhooks where there is a certificate for them. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { KubeConfig } from '@kubernetes/client-node';
import type { FastifyBaseLogger } from 'fastify';
import type { PolicyModules } from '../../policies/read_modules.ts';
import type { Parts } from '../parts.ts';
import { WebhookServer } from './admission/webhook_server.ts';
import { Controller } from './controller.ts';
import type { WatchedCluster } from './watched_cluster.ts';

export interface WebhookFiles {
  readonly host: string;
  readonly port: number;
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly sidecarImage: string;
}

export interface KubernetesOptions {
  readonly config: KubeConfig;
  readonly cluster: WatchedCluster;
  readonly parts: Parts;
  readonly modules: PolicyModules;
  readonly logger: FastifyBaseLogger;
  readonly namespace: string;
  /** null: no webhooks. */
  readonly webhook: WebhookFiles | null;
}

/** Starts the watch of the cluster and both; the function that is given ends all of it. */
export async function openKubernetes(options: KubernetesOptions): Promise<() => Promise<void>> {
  const { config, cluster, parts, modules, logger, namespace, webhook } = options;
  const identity = `${hostname()}-${parts.world.uuid()}`;
  const controller = new Controller({ config, cluster, parts, modules, logger, namespace, identity });
  await cluster.start();
  await controller.start();
  const stop = async () => {
    await controller.stop();
    await cluster.stop();
  };
  if (webhook === null) return stop;
  const server = new WebhookServer({
    host: webhook.host,
    port: webhook.port,
    certificate: readFileSync(webhook.certificateFile),
    key: readFileSync(webhook.keyFile),
    known: () => controller.resources(),
    injection: {
      sidecarImage: webhook.sidecarImage,
      runtimeUrl: parts.world.baseUrl(),
      keycloakUrl: parts.identity.keycloakUrl,
    },
  });
  logger.info({ url: await server.listen() }, 'webhooks');
  return async () => {
    await server.close();
    await stop();
  };
}
