#!/usr/bin/env node
/** The runtime as a process: flags in, one line `ready` out, a graceful end on SIGTERM and SIGINT. */
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { KubeConfig } from '@kubernetes/client-node';
import type { Logger } from 'pino';
import { CasaError } from '../policies/errors.ts';
import { readPolicyModules } from '../policies/read_modules.ts';
import { buildApp } from './http/app.ts';
import { type StartedExplorer, startExplorer } from './http/explorer/start_explorer.ts';
import { openLogger } from './http/logger.ts';
import { openIdentity } from './identity/open_identity.ts';
import { identityFlags, readIdentitySettings } from './identity/read_settings.ts';
import { type KeyEncryption, openKeyEncryption, temporaryKeyEncryption } from './keys/key_encryption.ts';
import { SigningKeys } from './keys/signing_keys.ts';
import { openKubernetes, type WebhookFiles } from './kubernetes/open_kubernetes.ts';
import { WatchedCluster } from './kubernetes/watched_cluster.ts';
import type { Parts, World } from './parts.ts';
import { FollowedChanges } from './policy/followed_changes.ts';
import { PolicySet } from './policy/policy_set.ts';
import { serveStoredMas, warmSemantic } from './policy/stored_mas.ts';
import { installedModelsPath } from './semantic/installed_models.ts';
import { SemanticChecks } from './semantic/open_semantic_check.ts';
import { answerTimeoutMs } from './semantic/similarity/sentence_model.ts';
import { readVerifier } from './semantic/verifier/read_verifier.ts';
import { openStore, type StoreLocation } from './store/open_store.ts';
import { pruneEvery } from './store/prune.ts';
import { EventQueue } from './traces/event_queue.ts';
import { News } from './traces/news.ts';

const adminTokenLengthMin = 16;

function readFlags() {
  const { values } = parseArgs({
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '8000' },
      'data-dir': { type: 'string' },
      'database-url': { type: 'string' },
      'key-file': { type: 'string' },
      'admin-token-file': { type: 'string' },
      'base-url': { type: 'string' },
      'explorer-host': { type: 'string', default: '127.0.0.1' },
      'explorer-port': { type: 'string' },
      'models-dir': { type: 'string' },
      'verifier-url': { type: 'string' },
      'verifier-model': { type: 'string' },
      'verifier-key-file': { type: 'string' },
      ...identityFlags,
      'log-level': { type: 'string', default: 'info' },
      'kubernetes-namespace': { type: 'string' },
      'webhook-port': { type: 'string', default: '8443' },
      'webhook-certificate-file': { type: 'string' },
      'webhook-key-file': { type: 'string' },
      'sidecar-image': { type: 'string' },
    },
  });
  const port = portNumber('--port', values.port);
  const asked = values['explorer-port'];
  const explorerPort = asked === undefined ? null : portNumber('--explorer-port', asked);
  if (values['data-dir'] !== undefined && values['database-url'] !== undefined) {
    throw wrong('`--data-dir` and `--database-url` exclude each other');
  }
  // Replicas share tokens and clients: each must name itself by the same URL.
  if (values['database-url'] !== undefined && values['base-url'] === undefined) {
    throw wrong('`--database-url` needs `--base-url`, the same for every replica');
  }
  return { ...values, port, explorerPort };
}

function portNumber(flag: string, text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw wrong(`\`${flag}\` must be a port number`);
  return port;
}

type Flags = ReturnType<typeof readFlags>;

function wrong(message: string): CasaError {
  return new CasaError('configuration_invalid', message);
}

function storeLocation(flags: Flags): StoreLocation {
  if (flags['database-url'] !== undefined) return { kind: 'server', url: flags['database-url'] };
  if (flags['data-dir'] !== undefined) return { kind: 'directory', path: flags['data-dir'] };
  return { kind: 'memory' };
}

/** The key lies beside the data, never in it. */
function keyEncryption(flags: Flags): KeyEncryption {
  if (flags['key-file'] !== undefined) return openKeyEncryption(flags['key-file']);
  if (flags['data-dir'] !== undefined) return openKeyEncryption(`${join(flags['data-dir'])}.key`);
  if (flags['database-url'] !== undefined) throw wrong('`--database-url` needs `--key-file`');
  return temporaryKeyEncryption();
}

function adminToken(flags: Flags): string | null {
  const file = flags['admin-token-file'];
  if (file === undefined) return null;
  const token = readFileSync(file, 'utf8').trim();
  if (token.length < adminTokenLengthMin) throw wrong(`the management token is shorter than ${adminTokenLengthMin}`);
  return token;
}

/** The webhooks are for a cluster only, and need all of their flags. */
function webhookFiles(flags: Flags): WebhookFiles | null {
  const given = [flags['webhook-certificate-file'], flags['webhook-key-file'], flags['sidecar-image']];
  const [certificateFile, keyFile, sidecarImage] = given;
  if (given.every((value) => value === undefined)) return null;
  const port = Number(flags['webhook-port']);
  const wanted = '`--kubernetes-namespace`, `--webhook-certificate-file`, `--webhook-key-file` and `--sidecar-image`';
  if (certificateFile === undefined || keyFile === undefined || sidecarImage === undefined)
    throw wrong(`webhooks need ${wanted}`);
  if (flags['kubernetes-namespace'] === undefined || !Number.isInteger(port))
    throw wrong(`webhooks need ${wanted}, and a port`);
  return { host: flags.host, port, certificateFile, keyFile, sidecarImage };
}

async function main(): Promise<void> {
  const flags = readFlags();
  const logger = openLogger(process.stdout, flags['log-level']);
  const identitySettings = readIdentitySettings(flags);
  const encryption = keyEncryption(flags);
  const modules = readPolicyModules();
  const [store, policies] = await Promise.all([
    openStore(storeLocation(flags), Date.now()),
    PolicySet.open(modules.wasm),
  ]);
  const news = new News();
  const kubernetes = connectCluster(flags, news, policies, logger);
  let baseUrl = flags['base-url']?.replace(/\/+$/, '') ?? '';
  const world: World = {
    now: Date.now,
    uuid: randomUUID,
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
    baseUrl: () => baseUrl,
  };
  const keys = new SigningKeys(store, encryption);
  const cluster = kubernetes?.cluster ?? null;
  const parts: Parts = {
    store,
    policies,
    keys,
    identity: openIdentity(identitySettings, { store, policies, keys, cluster, world }, logger),
    semantic: new SemanticChecks({
      modelsPath: flags['models-dir'] ?? installedModelsPath(),
      modelTimeoutMs: answerTimeoutMs,
      verifier: readVerifier(flags, process.env),
      now: Date.now,
    }),
    events: new EventQueue(store),
    news,
    cluster,
    world,
  };
  for (const notServed of await serveStoredMas(store, policies, modules, Date.now())) {
    logger.error(notServed, 'a stored system cannot be served');
  }
  parts.identity.keep();
  const followed = new FollowedChanges(parts, modules, (failure) => logger.error(failure, 'a change is not followed'));
  const catchUp = () => followed.read();
  const app = await buildApp({ parts, modules, adminToken: adminToken(flags), catchUp, logger });
  const url = await app.listen({ host: flags.host, port: flags.port });
  if (baseUrl === '') baseUrl = url;
  const explorer = await openExplorer(flags, parts, logger);
  const webhook = webhookFiles(flags);
  const stopKubernetes =
    kubernetes === null
      ? () => Promise.resolve()
      : await openKubernetes({ ...kubernetes, parts, modules, logger, webhook });
  const stopPruning = pruneEvery(parts, (error) => logger.error({ err: error }, 'old rows were not removed'));
  // The code in the link is good once: it is how whoever started this process gets in.
  const explorerUrl = explorer === null ? {} : { explorerUrl: explorer.signInUrl };
  logger.info({ url, baseUrl, systems: policies.names(), ...explorerUrl }, 'ready');
  // Only now: loading the model takes the processor from what makes the others wait.
  for (const name of policies.names()) {
    const served = policies.get(name);
    if (served === null) continue;
    warmSemantic(parts, served).catch((error) => logger.error({ mas: name, err: error }, 'no semantic check'));
  }

  const stop = async () => {
    stopPruning();
    await stopKubernetes();
    followed.close();
    parts.identity.close();
    parts.news.close();
    await Promise.all([app.close(), explorer?.close()]);
    await parts.events.flush();
    await parts.semantic.close();
    await store.close();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      stop().then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error({ err: error }, 'did not stop well');
          process.exit(1);
        },
      );
    });
  }
}

/** Reaches the API server as a pod does, or by KUBECONFIG; null: not in a cluster. */
function connectCluster(flags: Flags, news: News, policies: PolicySet, logger: Logger) {
  const namespace = flags['kubernetes-namespace'];
  if (namespace === undefined) return null;
  const config = new KubeConfig();
  config.loadFromDefault();
  const cluster = new WatchedCluster({
    config,
    namespace,
    news,
    policies,
    clocks: { monotonicMs: () => performance.now(), wallMs: Date.now },
    warn: (error, message) => logger.warn({ err: error }, message),
  });
  return { config, cluster, namespace };
}

/** null: nobody asked for it. */
async function openExplorer(flags: Flags, parts: Parts, logger: Logger): Promise<StartedExplorer | null> {
  if (flags.explorerPort === null) return null;
  const folder = fileURLToPath(new URL('../explorer/', import.meta.url));
  return startExplorer(parts, logger, { host: flags['explorer-host'], port: flags.explorerPort, folder });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
