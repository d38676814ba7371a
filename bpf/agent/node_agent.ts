import { readFileSync } from 'node:fs';
import type { Issue } from '../../crds/issue.ts';
import { CasaError } from '../../policies/errors.ts';
import type { MapsDocument } from '../../policies/maps.ts';
import type { Flow } from '../../policies/trace.ts';
import { constants } from '../abi.ts';
import type { AgentConfig, AppCgroup } from './config.ts';
import { flowOf } from './flow.ts';
import { attachCgroup, readCgroupId, sweepLinks } from './kernel/attach_cgroup.ts';
import { EventRing, type KernelEvent } from './kernel/event_ring.ts';
import { readEntry, writeEntry } from './kernel/kernel_map.ts';
import { type Libbpf, openLibbpf } from './kernel/libbpf.ts';
import { closePinnedObject, openPinnedObject, type PinnedObject } from './kernel/pinned_object.ts';
import { assignPolicy, removePolicy } from './kernel/policies.ts';
import { type NameBook, refreshNames } from './names/name_book.ts';
import { nameOf, type Resolver } from './names/resolver.ts';
import { applyRows, readRows } from './rows/apply_rows.ts';
import { parseMaps } from './rows/parse_maps.ts';
import { planRows } from './rows/plan_rows.ts';
import { resolveRows } from './rows/resolve_rows.ts';

/** What the agent takes from outside itself, and gives there. */
export interface AgentWorld {
  readonly resolver: Resolver;
  readonly now: () => number;
  readonly monotonicNs: () => bigint;
  readonly uuid: () => string;
  readonly onFlow: (flow: Flow) => void;
  /** All that are there now; called when they differ from the last ones. */
  readonly onIssues: (issues: readonly Issue[]) => void;
}

/** What the kernel has counted since the programs were loaded. */
export interface KernelCounts {
  readonly allowed: number;
  readonly denied: number;
  /** Events that nobody will see: the ring was full. */
  readonly lost: number;
}

interface Enforced extends AppCgroup {
  readonly policy: number;
}

const ringEveryMs = 20;
const refreshEveryMs = 500;

/** Keeps the rows of each app's cgroup as `maps.json` and the names in it say. */
export class NodeAgent {
  readonly #config: AgentConfig;
  readonly #world: AgentWorld;
  readonly #libbpf: Libbpf;
  readonly #object: PinnedObject;
  readonly #enforced: readonly Enforced[];
  readonly #ring: EventRing;
  #maps: MapsDocument | null = null;
  #book: NameBook = new Map();
  #lastIssues = '[]';
  #timers: NodeJS.Timeout[] = [];
  #refreshing: Promise<void> = Promise.resolve();

  private constructor(config: AgentConfig, world: AgentWorld) {
    this.#config = config;
    this.#world = world;
    this.#libbpf = openLibbpf();
    this.#object = openPinnedObject(this.#libbpf, config.pinFolder, config.objectFile);
    const { casa_cgroups, casa_events } = this.#object.maps;
    for (const gone of sweepLinks(this.#libbpf, config.pinFolder)) {
      removePolicy(this.#libbpf, casa_cgroups, this.#object.maps, gone);
    }
    this.#setSample(config.allowSampleOneIn);
    // INVARIANT (deny by default): attached before there is any row, so that no app runs unseen while names are resolved.
    this.#enforced = config.apps.map((own) => {
      const policy = assignPolicy(this.#libbpf, casa_cgroups, readCgroupId(own.cgroup));
      attachCgroup(this.#libbpf, this.#object.programs, own.cgroup, config.pinFolder);
      return { ...own, policy };
    });
    this.#ring = new EventRing(this.#libbpf, casa_events, (event) => this.#onEvent(event));
  }

  /** Resolves once each cgroup is enforced and has its rows; throws CasaError when the kernel or the configuration does not allow it. */
  static async open(config: AgentConfig, world: AgentWorld): Promise<NodeAgent> {
    const agent = new NodeAgent(config, world);
    await agent.#refresh();
    agent.#timers = [
      setInterval(() => agent.#ring.read(), ringEveryMs),
      setInterval(() => {
        agent.#refreshing = agent.#refreshing.then(() => agent.#refresh());
      }, refreshEveryMs),
    ];
    return agent;
  }

  counts(): KernelCounts {
    const read = (which: number) => {
      const value = readEntry(this.#libbpf, this.#object.maps.casa_counts, keyOf(which));
      return value === null ? 0 : Number(Buffer.from(value).readBigUInt64LE());
    };
    return {
      allowed: read(constants.CASA_COUNT_ALLOW),
      denied: read(constants.CASA_COUNT_DENY),
      lost: read(constants.CASA_COUNT_LOST),
    };
  }

  /** Stops looking after the rows; what is pinned goes on enforcing those that are there. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#refreshing;
    this.#ring.read();
    this.#ring.close();
    closePinnedObject(this.#object);
  }

  /** Never rejects: what is wrong is an issue, and tried again. */
  async #refresh(): Promise<void> {
    const parsed = this.#readMaps();
    this.#maps = parsed.maps ?? this.#maps;
    const names = (this.#maps?.apps ?? []).flatMap(({ rows }) => rows.flatMap((row) => nameOf(row) ?? []));
    const nowMs = this.#world.now();
    const refreshed = await refreshNames(this.#book, names, this.#world.resolver, nowMs);
    this.#book = refreshed.book;
    const ofApps = this.#enforced.flatMap((enforced) => this.#enforce(enforced, nowMs));
    this.#tell([...parsed.issues, ...refreshed.issues, ...ofApps]);
  }

  #readMaps(): { readonly maps: MapsDocument | null; readonly issues: readonly Issue[] } {
    try {
      return parseMaps(readFileSync(this.#config.mapsFile, 'utf8'));
    } catch (error) {
      return { maps: null, issues: [issueOf('maps_unreadable', 'maps.json', messageOf(error))] };
    }
  }

  #enforce({ app, policy, alsoAllow }: Enforced, nowMs: number): readonly Issue[] {
    const own = this.#maps?.apps.find((rows) => rows.app === app);
    const named = own === undefined ? null : resolveRows(own.rows, this.#book, nowMs);
    const wanted = named === null ? [] : [...named, ...this.#config.alsoAllow, ...alsoAllow];
    try {
      const current = readRows(this.#libbpf, this.#object.maps, policy);
      applyRows(this.#libbpf, this.#object.maps, policy, planRows(current, wanted));
    } catch (error) {
      if (!(error instanceof CasaError)) throw error;
      return [issueOf(error.code, `app/${app}`, error.message)];
    }
    return own !== undefined ? [] : [issueOf('unknown_app', `app/${app}`, `no app named \`${app}\` in maps.json`)];
  }

  #onEvent(event: KernelEvent): void {
    const { now, monotonicNs, uuid, onFlow } = this.#world;
    const appOf = (policy: number) => this.#enforced.find((row) => row.policy === policy)?.app ?? null;
    const mas = this.#maps?.mas ?? '';
    onFlow(flowOf(event, { mas, eventId: uuid(), appOf, nowMs: now(), monotonicNs: monotonicNs() }));
  }

  #tell(issues: readonly Issue[]): void {
    const text = JSON.stringify(issues);
    if (text !== this.#lastIssues) this.#world.onIssues(issues);
    this.#lastIssues = text;
  }

  #setSample(oneIn: number): void {
    const value = Buffer.alloc(4);
    value.writeUInt32LE(oneIn);
    writeEntry(this.#libbpf, this.#object.maps.casa_settings, keyOf(constants.CASA_SETTING_ALLOW_SAMPLE), value);
  }
}

function keyOf(index: number): Uint8Array {
  const key = Buffer.alloc(4);
  key.writeUInt32LE(index);
  return key;
}

function issueOf(code: string, resource: string, message: string): Issue {
  return { code, severity: 'error', resource, path: '', message };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
