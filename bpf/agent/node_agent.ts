import type { Issue } from '../../crds/issue.ts';
import { CasaError } from '../../policies/errors.ts';
import type { MapsDocument } from '../../policies/maps.ts';
import type { Flow } from '../../policies/trace.ts';
import { constants } from '../abi.ts';
import type { AgentConfig } from './config.ts';
import { type FlowContext, flowOf, tokenFlowOf } from './flow.ts';
import { attachCgroup, readCgroupId, sweepLinks } from './kernel/attach_cgroup.ts';
import { EventRing } from './kernel/event_ring.ts';
import { readEntry, writeEntry } from './kernel/kernel_map.ts';
import { type Libbpf, openLibbpf } from './kernel/libbpf.ts';
import { type ConnectObject, closePinnedObject, connectObject, openPinnedObject } from './kernel/pinned_object.ts';
import { assignPolicy, removePolicy } from './kernel/policies.ts';
import { type NameBook, refreshNames } from './names/name_book.ts';
import { nameOf, type Resolver } from './names/resolver.ts';
import type { PlacedCgroup, ReadPlaced } from './placed/placed.ts';
import { applyRows, readRows } from './rows/apply_rows.ts';
import type { KernelRow } from './rows/kernel_row.ts';
import { planRows } from './rows/plan_rows.ts';
import { resolveRows } from './rows/resolve_rows.ts';
import { type TokenCounts, TokenWatch } from './tokens/token_watch.ts';

/** What the agent takes from outside itself, and gives there. */
export interface AgentWorld {
  readonly placed: ReadPlaced;
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
  /** null: nobody looks at tokens. */
  readonly tokens: TokenCounts | null;
}

interface Enforced extends PlacedCgroup {
  readonly policy: number;
}

/** Which programs are attached to a cgroup: a container's connections are judged by its pod's, once. */
const hooksOf: { readonly [extent in PlacedCgroup['extent']]: (program: string) => boolean } = {
  whole: () => true,
  pod: (program) => program !== 'casa_sock_create',
  container: (program) => program === 'casa_sock_create',
};

const ringEveryMs = 20;
const refreshEveryMs = 500;

/** Keeps the rows of each app's cgroup as `maps.json` and the names in it say. */
export class NodeAgent {
  readonly #config: AgentConfig;
  readonly #world: AgentWorld;
  readonly #libbpf: Libbpf;
  readonly #object: ConnectObject;
  #enforced: readonly Enforced[] = [];
  readonly #ring: EventRing;
  #tokens: TokenWatch | null = null;
  #tokenIssues: readonly Issue[] = [];
  #systems: readonly MapsDocument[] = [];
  #book: NameBook = new Map();
  #lastIssues = '[]';
  #timers: NodeJS.Timeout[] = [];
  #refreshing: Promise<void> = Promise.resolve();

  private constructor(config: AgentConfig, world: AgentWorld) {
    this.#config = config;
    this.#world = world;
    this.#libbpf = openLibbpf();
    const { pinFolder, objectFile } = config;
    this.#object = openPinnedObject(this.#libbpf, connectObject, { pinFolder, objectFile, shared: [] });
    this.#setSample(config.allowSampleOneIn);
    // INVARIANT (deny by default): attached before there is any row, so that no app runs unseen while names are resolved.
    if (config.source.kind === 'file') {
      const [issue] = this.#attach(config.source.cgroups);
      if (issue !== undefined) throw new CasaError('configuration_invalid', issue.message);
    }
    this.#ring = new EventRing(this.#libbpf, this.#object.maps.casa_events, (record) => this.#tell(flowOf, record));
    this.#openTokens();
  }

  /** Resolves once each cgroup is enforced and has its rows; throws CasaError when the kernel or the configuration does not allow it. */
  static async open(config: AgentConfig, world: AgentWorld): Promise<NodeAgent> {
    const agent = new NodeAgent(config, world);
    await agent.#refresh();
    agent.#timers = [
      setInterval(() => agent.#readRings(), ringEveryMs),
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
      tokens: this.#tokens?.counts() ?? null,
    };
  }

  /** Hashes bearer tokens under this key of sixteen bytes from now on. */
  setTokenKey(key: Uint8Array): void {
    this.#tokens?.setKey(key);
  }

  /** Stops looking after the rows; what is pinned goes on enforcing those that are there. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#refreshing;
    this.#ring.read();
    this.#ring.close();
    this.#tokens?.close();
    closePinnedObject(this.#object);
  }

  /** Never rejects: what is wrong is an issue, and tried again. */
  async #refresh(): Promise<void> {
    const { systems, cgroups, issues } = this.#world.placed();
    this.#systems = systems;
    const notAttached = this.#attach(cgroups);
    const rows = [
      ...systems.flatMap(({ apps }) => apps.flatMap((app) => app.rows)),
      ...cgroups.flatMap(({ alsoNamed }) => alsoNamed),
    ];
    const nowMs = this.#world.now();
    const names = rows.flatMap((row) => nameOf(row) ?? []);
    const refreshed = await refreshNames(this.#book, names, this.#world.resolver, nowMs);
    this.#book = refreshed.book;
    const ofApps = this.#enforced.flatMap((enforced) => this.#enforce(enforced, nowMs));
    this.#tellIssues([...issues, ...notAttached, ...this.#tokenIssues, ...refreshed.issues, ...ofApps]);
  }

  /** Forgets cgroups that are gone, and takes new ones under enforcement: with no row at first. What cannot be is an issue. */
  #attach(cgroups: readonly PlacedCgroup[]): readonly Issue[] {
    const { casa_cgroups } = this.#object.maps;
    for (const gone of sweepLinks(this.#libbpf, this.#config.pinFolder)) {
      removePolicy(this.#libbpf, casa_cgroups, this.#object.maps, gone);
    }
    const issues: Issue[] = [];
    this.#enforced = cgroups.flatMap((placed) => {
      try {
        const programs = this.#object.programs.filter(({ name }) => hooksOf[placed.extent](name));
        const policy = assignPolicy(this.#libbpf, casa_cgroups, readCgroupId(placed.cgroup));
        attachCgroup(this.#libbpf, programs, placed.cgroup, this.#config.pinFolder);
        this.#hashTokens(placed);
        return [{ ...placed, policy }];
      } catch (error) {
        if (!(error instanceof CasaError)) throw error;
        issues.push(issueOf('cgroup_not_enforced', `cgroup/${placed.cgroup}`, error.message));
        return [];
      }
    });
    return issues;
  }

  /** A kernel that does not take the program is told of once; the rows are enforced all the same. */
  #openTokens(): void {
    const { pinFolder, tokenObjectFile } = this.#config;
    if (tokenObjectFile === null) return;
    const place = { pinFolder, objectFile: tokenObjectFile, cgroups: this.#object.maps.casa_cgroups };
    try {
      this.#tokens = new TokenWatch(this.#libbpf, place, (record) => this.#tell(tokenFlowOf, record));
      for (const placed of this.#enforced) this.#hashTokens(placed);
    } catch (error) {
      if (!(error instanceof CasaError)) throw error;
      this.#tokenIssues = [issueOf('tokens_not_seen', 'kernel', error.message)];
    }
  }

  #hashTokens({ hashesTokens, cgroup }: PlacedCgroup): void {
    if (hashesTokens) this.#tokens?.attach(cgroup);
  }

  #enforce(enforced: Enforced, nowMs: number): readonly Issue[] {
    const { mas, app, policy, alsoAllow, alsoNamed } = enforced;
    if (app === null) return this.#apply(enforced, []);
    const system = mas === null ? this.#systems[0] : this.#systems.find((one) => one.mas === mas);
    const own = system?.apps.find((rows) => rows.app === app);
    const named = own === undefined ? null : resolveRows([...own.rows, ...alsoNamed], this.#book, nowMs);
    const refused = this.#apply(
      { app, policy },
      named === null ? [] : [...named, ...this.#config.alsoAllow, ...alsoAllow],
    );
    const where = mas ?? 'maps.json';
    return own !== undefined
      ? refused
      : [...refused, issueOf('unknown_app', `app/${app}`, `no app named \`${app}\` in ${where}`)];
  }

  #apply({ app, policy }: Pick<Enforced, 'app' | 'policy'>, wanted: readonly KernelRow[]): readonly Issue[] {
    try {
      const current = readRows(this.#libbpf, this.#object.maps, policy);
      applyRows(this.#libbpf, this.#object.maps, policy, planRows(current, wanted));
      return [];
    } catch (error) {
      if (!(error instanceof CasaError)) throw error;
      return [issueOf(error.code, `app/${app}`, error.message)];
    }
  }

  #readRings(): void {
    this.#ring.read();
    this.#tokens?.read();
  }

  #tell(asFlow: (record: Uint8Array, context: FlowContext) => Flow, record: Uint8Array): void {
    const { now, monotonicNs, uuid, onFlow } = this.#world;
    const whoseIs = (policy: number) => {
      const row = this.#enforced.find((enforced) => enforced.policy === policy);
      return { app: row?.app ?? null, mas: row?.mas ?? this.#systems[0]?.mas ?? '' };
    };
    onFlow(asFlow(record, { eventId: uuid(), whoseIs, nowMs: now(), monotonicNs: monotonicNs() }));
  }

  #tellIssues(issues: readonly Issue[]): void {
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
