import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { CasaError } from '../../policies/errors.ts';
import { parseAgentConfig } from './config.ts';
import { FlowFeed } from './flow_feed.ts';
import { openResolver } from './names/resolver.ts';
import { NodeAgent } from './node_agent.ts';

const flushEveryMs = 200;

/** Runs the node agent until SIGTERM or SIGINT; flows, issues and one line `ready` go to stdout as JSON lines. */
export async function runAgent(configFile: string): Promise<void> {
  const log = pino();
  const config = parseAgentConfig(readJson(configFile));
  const { runtime } = config;
  const world = { now: Date.now, monotonicMs: () => performance.now(), uuid: randomUUID, fetch };
  const feed = runtime === null ? null : new FlowFeed(runtime, world);
  const agent = await NodeAgent.open(config, {
    resolver: openResolver(config.hosts, config.clusterDomain),
    now: Date.now,
    monotonicNs: process.hrtime.bigint,
    uuid: randomUUID,
    onFlow: (flow) => {
      log.info({ flow }, 'flow');
      feed?.push(flow);
    },
    onIssues: (issues) => log.warn({ issues }, 'issues'),
  });
  const flushing = setInterval(() => void feed?.flush(), flushEveryMs);
  const ended = untilSignal();
  log.info({ apps: config.apps.map(({ app }) => app) }, 'ready');
  await ended;
  const counts = agent.counts();
  await agent.close();
  clearInterval(flushing);
  await feed?.flush();
  log.info({ counts, flowsDropped: feed?.dropped ?? 0 }, 'ended; what is pinned goes on enforcing');
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
