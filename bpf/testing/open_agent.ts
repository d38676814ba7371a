import { randomUUID } from 'node:crypto';
import type { Issue } from '../../crds/issue.ts';
import type { Flow } from '../../policies/trace.ts';
import type { AgentConfig } from '../agent/config.ts';
import type { Resolver } from '../agent/names/resolver.ts';
import { NodeAgent } from '../agent/node_agent.ts';
import { placedByFile } from '../agent/placed/read_file.ts';

/** An agent with the machine's own clock, and all that it says. */
export async function open(config: AgentConfig, resolver: Resolver = () => Promise.reject(new Error('no DNS here'))) {
  const flows: Flow[] = [];
  const issues: Issue[] = [];
  const { source } = config;
  if (source.kind !== 'file') throw new Error('this ground has no cluster');
  const agent = await NodeAgent.open(config, {
    placed: placedByFile(source.mapsFile, source.cgroups),
    resolver,
    now: Date.now,
    monotonicNs: process.hrtime.bigint,
    uuid: randomUUID,
    onFlow: (flow) => flows.push(flow),
    onIssues: (now) => issues.splice(0, issues.length, ...now),
  });
  return { agent, flows, issues };
}
