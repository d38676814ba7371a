/** The first page: every system, and what was allowed and blocked. */
import type { MasSummary, Overview } from '../../policies/explorer_wire.ts';
import { readBlocked } from './read_blocked.ts';
import { isoTime, type Sources } from './sources.ts';

const toolsShownMax = 20;

export async function readOverview({ parts, tally }: Sources): Promise<Overview> {
  await tally.catchUp();
  const systems = await readSystems({ parts, tally }, null);
  const tools = tally.tools().map(({ mas, tool, calls }) => ({ mas, tool, ...calls }));
  const total = (tool: (typeof tools)[number]) => tool.allowed + tool.blocked + tool.would_block;
  const { dropped } = parts.events.counts;
  return {
    now: isoTime(parts.world.now()),
    systems,
    calls: systems.reduce(
      (sum, { calls }) => ({
        allowed: sum.allowed + calls.allowed,
        blocked: sum.blocked + calls.blocked,
        would_block: sum.would_block + calls.would_block,
      }),
      { allowed: 0, blocked: 0, would_block: 0 },
    ),
    discovery: tally.discovery,
    reasons: [...tally.reasons]
      .map(([reason, count]) => ({ reason, count }))
      .filter(({ count }) => count > 0)
      .sort((one, other) => other.count - one.count),
    tools: tools.sort((one, other) => total(other) - total(one)).slice(0, toolsShownMax),
    blocked: await readBlocked({ parts, tally }, null),
    counted: { ...tally.counted, unrecorded: dropped },
  };
}

interface SystemRow {
  readonly name: string;
  readonly revision: string;
  readonly resources: string;
  readonly updated_at: number;
  readonly live: number;
}

/** Every stored system, or the one of this name; the tally must have caught up. */
export async function readSystems({ parts, tally }: Sources, name: string | null): Promise<readonly MasSummary[]> {
  const rows = await parts.store.query<SystemRow>(
    `select name, revision, resources, updated_at,
       (select count(*) from sessions where mas = name and state = 'live' and expires_at > $1) as live
     from mas where $2::text is null or name = $2 order by name`,
    [parts.world.now(), name],
  );
  return rows.map((row) => {
    const served = parts.policies.get(row.name);
    return {
      mas: row.name,
      display_name: displayName(row.resources) ?? row.name,
      enforcement: served?.system.enforcement ?? null,
      revision: row.revision,
      served: served?.revision ?? null,
      updated_at: isoTime(row.updated_at),
      apps: Object.keys(served?.system.apps ?? {}).length,
      sessions_live: Number(row.live),
      calls: tally.system(row.name),
    };
  });
}

function displayName(resources: string): string | null {
  // Written by `applyMas`, from what the schema accepted.
  const { multiAgentSystem } = JSON.parse(resources) as { multiAgentSystem: { spec?: { name?: unknown } } };
  return typeof multiAgentSystem.spec?.name === 'string' ? multiAgentSystem.spec.name : null;
}
