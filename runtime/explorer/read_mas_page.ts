/** One system: its apps, checks and policies, as they serve. */
import { checkNames, type JsonObject, type JsonValue } from '../../policies/contract.ts';
import type { MasApp, MasPage, MasPolicy } from '../../policies/explorer_wire.ts';
import type { CompiledApp } from '../../policies/system.ts';
import type { ServedMas } from '../policy/policy_set.ts';
import { readMas } from '../policy/stored_mas.ts';
import { readBlocked } from './read_blocked.ts';
import { readSystems } from './read_overview.ts';
import type { Sources } from './sources.ts';

/** null: there is no such system. */
export async function readMasPage(sources: Sources, mas: string): Promise<MasPage | null> {
  const { parts, tally } = sources;
  await tally.catchUp();
  const [summary] = await readSystems(sources, mas);
  const stored = await readMas(parts.store, mas);
  if (summary === undefined || stored === null) return null;
  const served = parts.policies.get(mas);
  return {
    ...summary,
    checks: checkNames.map((check) => ({ check, enabled: served?.system.checks[check] === true })),
    token_ttl_seconds: served?.tokenTtlSeconds ?? null,
    session_ttl_seconds: served?.sessionTtlSeconds ?? null,
    llm: served?.pep.llm ?? [],
    members: served === null ? [] : members(served),
    policies: stored.policies.map(policy),
    blocked: await readBlocked(sources, mas),
  };
}

function members(served: ServedMas): readonly MasApp[] {
  return Object.entries(served.system.apps).map(([name, app]) => member(served, name, app));
}

function member(served: ServedMas, name: string, app: CompiledApp): MasApp {
  const pep = served.pep.apps[name];
  const tools = Object.entries(pep?.tools ?? {});
  return {
    name,
    type: app.type,
    workload: pep?.workload ?? '',
    address: pep === undefined ? '' : `${pep.scheme}://${pep.host}:${pep.port}`,
    enforcement: app.enforcement,
    takes_prompts: app.takes_prompts,
    protocols: Object.keys(app.protocols),
    callees: Object.keys(app.callees),
    policies: app.policies,
    tools: tools.map(([tool, { description }]) => ({
      name: tool,
      description,
      reads_only: served.system.tools[name]?.[tool]?.reads_only ?? false,
    })),
  };
}

function policy(resource: JsonObject): MasPolicy {
  const metadata = objectOf(resource.metadata);
  const spec = objectOf(resource.spec);
  const target = objectOf(spec.targetRef);
  return {
    name: String(metadata.name ?? ''),
    target: `${String(target.kind ?? '')}/${String(target.name ?? '')}`,
    enforcement: String(spec.enforcement ?? 'Enforce'),
    spec,
  };
}

function objectOf(value: JsonValue | undefined): JsonObject {
  // JSON that is neither a list nor a plain value is an object.
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}
