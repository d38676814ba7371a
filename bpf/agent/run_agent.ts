import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { KubeConfig } from '@kubernetes/client-node';
import { type Logger, pino } from 'pino';
import { CasaError } from '../../policies/errors.ts';
import { type AgentConfig, parseAgentConfig } from './config.ts';
import { FlowFeed } from './flow_feed.ts';
import { ClusterWatch, nameServerRows } from './kubernetes/cluster_watch.ts';
import { openResolver } from './names/resolver.ts';
import { type AgentWorld, NodeAgent } from './node_agent.ts';
import type { Placed } from './placed/placed.ts';
import { placedByFile } from './placed/read_file.ts';
import { openRuntimeAccess, type Speaker } from './runtime_access.ts';
import { TokenKeyFeed } from './tokens/token_key_feed.ts';

const flushEveryMs = 200;

/** Runs the node agent until SIGTERM or SIGINT; flows, issues and one line `ready` go to stdout as JSON lines. */
export async function runAgent(configFile: string): Promise<void> {
  const log = pino();
  const config = parseAgentConfig(readJson(configFile), process.env.NODE_NAME ?? null);
  const { runtime } = config;
  const world = { now: Date.now, monotonicMs: () => performance.now(), uuid: randomUUID, fetch };
  const access = runtime === null ? null : openRuntimeAccess(runtime, world);
  const feed = access === null ? null : new FlowFeed(access);
  const source = await openSource(config, log);
  const agent = await NodeAgent.open(source.config, {
    placed: source.placed,
    resolver: source.resolver,
    now: Date.now,
    monotonicNs: process.hrtime.bigint,
    uuid: randomUUID,
    onFlow: (flow) => {
      log.info({ flow }, 'flow');
      feed?.push(flow);
    },
    onIssues: (issues) => log.warn({ issues }, 'issues'),
  });
  const keys =
    access === null || config.tokenObjectFile === null
      ? null
      : new TokenKeyFeed(access, {
          speaker: () => speakerOf(source.placed()),
          monotonicMs: world.monotonicMs,
          onKey: (key) => agent.setTokenKey(key),
        });
  const flushing = setInterval(() => {
    void feed?.flush();
    void keys?.refresh();
  }, flushEveryMs);
  const ended = untilSignal();
  log.info({ source: config.source.kind }, 'ready');
  await ended;
  const counts = agent.counts();
  await agent.close();
  await source.close();
  clearInterval(flushing);
  await feed?.flush();
  log.info({ counts, flowsDropped: feed?.dropped ?? 0 }, 'ended; what is pinned goes on enforcing');
}

interface Source extends Pick<AgentWorld, 'placed' | 'resolver'> {
  readonly config: AgentConfig;
  readonly close: () => Promise<void>;
}

async function openSource(config: AgentConfig, log: Logger): Promise<Source> {
  const resolver = openResolver(config.hosts, config.clusterDomain);
  const { source } = config;
  if (source.kind === 'file') {
    return { config, placed: placedByFile(source.mapsFile, source.cgroups), resolver, close: async () => {} };
  }
  const kube = new KubeConfig();
  kube.loadFromDefault();
  const cluster = new ClusterWatch(kube, source, (err) => log.warn({ err }, 'a watch ended, and starts again'));
  await cluster.start();
  return {
    config: { ...config, alsoAllow: [...config.alsoAllow, ...nameServerRows()] },
    placed: cluster.placed,
    resolver: cluster.resolver(resolver),
    close: () => cluster.stop(),
  };
}

/** Any enforcement point's key is the same. */
function speakerOf({ systems, cgroups }: Placed): Speaker | null {
  const placed = cgroups.find(({ app }) => app !== null);
  const mas = placed?.mas ?? systems[0]?.mas;
  return placed?.app == null || mas === undefined ? null : { mas, app: placed.app };
}

function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new CasaError('configuration_invalid', `cannot read \`${path}\` as JSON`, { cause });
  }
}
