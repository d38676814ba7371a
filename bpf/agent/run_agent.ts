import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { CasaError } from '../../policies/errors.ts';
import { parseAgentConfig } from './config.ts';
import { openResolver } from './names/resolver.ts';
import { NodeAgent } from './node_agent.ts';

/** Runs the node agent until SIGTERM or SIGINT; flows, issues and one line `ready` go to stdout as JSON lines. */
export async function runAgent(configFile: string): Promise<void> {
  const log = pino();
  const config = parseAgentConfig(readJson(configFile));
  const agent = await NodeAgent.open(config, {
    resolver: openResolver(config.hosts, config.clusterDomain),
    now: Date.now,
    monotonicNs: process.hrtime.bigint,
    uuid: randomUUID,
    onFlow: (flow) => log.info({ flow }, 'flow'),
    onIssues: (issues) => log.warn({ issues }, 'issues'),
  });
  const ended = untilSignal();
  log.info({ apps: config.apps.map(({ app }) => app) }, 'ready');
  await ended;
  const counts = agent.counts();
  await agent.close();
  log.info({ counts }, 'ended; what is pinned goes on enforcing');
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
