import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import type { LocalRun } from '../local/local_run.ts';
import type { LocalState, RunningProcess } from '../local/local_state.ts';
import { openLocal } from '../local/open_local.ts';
import { whyNoNamespaces } from '../local/plan/choose_mode.ts';
import type { StoreOptions } from '../local/replicas/replicas.ts';
import type { EnvoyMaker } from '../local/start/envoy_maker.ts';
import { casaFolder } from '../local/start/places.ts';
import { type LedgerRow, parseLedger } from './ledger.ts';
import { otherSystem } from './other_system.ts';
import type { WireAnswer, WireRequest } from './send/wire_request.ts';

export interface StackOptions {
  /** How long a part of CASA stays away when it was killed. */
  readonly restartDelayMs?: number;
  /** Commands that run in place of the demo's, by app. */
  readonly commands?: { readonly [app: string]: readonly string[] };
  /** One runtime on an embedded database when not said. */
  readonly store?: StoreOptions;
  /** Life of the bank's tokens; the demo's when not said. */
  readonly tokenTtlSeconds?: number;
  /** Whose Envoy stands beside each app; CASA's own when not said. */
  readonly envoy?: EnvoyMaker;
  /** True: what is asked of the proxies is not answered by the kernel first. */
  readonly withoutKernel?: boolean;
}

/** What `casa local` said, and when. */
export interface SaidLine {
  readonly atMs: number;
  readonly line: string;
}

const needed = ['dist/runtime/main.js', 'dist/ext-authz/main.js', 'dist/e2e/send/main.js', '.tools/envoy-1.40.0/envoy'];
const readyWithinMs = 60_000;
const pollMs = 25;
/** In a network of its own, outside every MAS. */
export const outsider = 'outsider';
const idle = ['node', '-e', 'setInterval(() => {}, 60_000)'];

/** Why the real stack cannot be had here; null: it can. */
export function obstacle(): string | null {
  const missing = needed.filter((path) => !existsSync(join(casaFolder, path)));
  return missing.length > 0 ? `missing ${missing.join(', ')}` : whyNoNamespaces();
}

/** For the title of what cannot run here. */
export function because(reason: string | null): string {
  return reason === null ? '' : ` (skipped: ${reason})`;
}

/** The demo's bank behind the real CASA: runtime, ext-authz, Envoys and apps in network namespaces, in folders of its own. */
export class Stack {
  readonly run: LocalRun;
  readonly state: LocalState;
  readonly folder: string;
  readonly said: readonly SaidLine[];

  private constructor(run: LocalRun, state: LocalState, folder: string, said: readonly SaidLine[]) {
    this.run = run;
    this.state = state;
    this.folder = folder;
    this.said = said;
  }

  static async open(options: StackOptions = {}): Promise<Stack> {
    const folder = mkdtempSync(join(tmpdir(), 'casa-e2e-'));
    const said: SaidLine[] = [];
    const { restartDelayMs, envoy } = options;
    const opened = await openLocal(
      {
        path: writeLocalFile(folder, options),
        mode: 'netns',
        state: join(folder, 'state'),
        withoutKernel: options.withoutKernel === true,
        ...(restartDelayMs === undefined ? {} : { restartDelayMs }),
        ...(options.store === undefined ? {} : { store: options.store }),
        ...(envoy === undefined ? {} : { envoy }),
      },
      (line) => said.push({ atMs: Date.now(), line }),
    );
    if (opened.run === null) {
      rmSync(folder, { recursive: true, force: true });
      throw new Error(JSON.stringify(opened.issues));
    }
    try {
      const state = await opened.run.start(AbortSignal.timeout(readyWithinMs));
      return new Stack(opened.run, state, folder, said);
    } catch (error) {
      await opened.run.close(false);
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  get adminToken(): string {
    return readFileSync(this.state.adminTokenFile, 'utf8').trim();
  }

  /** Of what runs now: it changes when a part is started again. */
  pid(role: RunningProcess['role'], app: string | null, replica: number | null = null): number {
    // Written by `casa local`.
    const { processes } = JSON.parse(readFileSync(this.run.places.stateFile, 'utf8')) as LocalState;
    const found = processes.find(
      (running) => running.role === role && running.app === app && running.replica === replica,
    );
    if (found === undefined) throw new Error(`no ${role} of ${app ?? replica}`);
    return found.pid;
  }

  out(app: string): string {
    return join(this.state.out, app);
  }

  /** The bank's own books: one row for each call that it executed. */
  ledger(): readonly LedgerRow[] {
    return parseLedger(readFileSync(join(this.out('bank-mcp'), 'ledger.jsonl'), 'utf8'));
  }

  /** Runs a command as the app: its user, its network, its files; its exit code. */
  runAs(app: string, command: readonly string[], env: { readonly [name: string]: string } = {}): Promise<number> {
    return this.run.step({ name: `as ${app}`, app, command, env });
  }

  /** Sends requests as the app, so many at once. */
  async sendAs(app: string, requests: readonly WireRequest[], atOnce = 1): Promise<readonly WireAnswer[]> {
    const place = (name: string) => join(this.out(app), name);
    writeFileSync(place('requests.json'), JSON.stringify(requests));
    const code = await this.runAs(app, ['node', 'dist/e2e/send/main.js', template('out'), String(atOnce)]);
    if (code !== 0) throw new Error(`the sender ended with code ${code}`);
    // Written by the sender.
    return JSON.parse(readFileSync(place('answers.json'), 'utf8')) as WireAnswer[];
  }

  async close(): Promise<void> {
    await this.run.close(false);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Asks again and again until the answer is one; fails, saying what was awaited, when there is none in time. */
export async function until<T>(
  what: string,
  ask: () => T | null | false | Promise<T | null | false>,
  withinMs: number,
): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== false) return answer;
    if (performance.now() > end) throw new Error(`${what}: not within ${withinMs} ms`);
    await sleep(pollMs);
  }
}

/** A template of `casa local`'s file. */
export function template(word: string): string {
  return `$${'{'}${word}}`;
}

function writeLocalFile(folder: string, options: StackOptions): string {
  const demo = join(casaFolder, 'demo');
  // The demo's own file, whose format is checked when it is opened.
  const file = parse(readFileSync(join(demo, 'local.yaml'), 'utf8')) as {
    apps: { name: string; external?: boolean }[];
  };
  const apps = file.apps.map((app) => ({
    ...app,
    ...(app.external === true ? {} : { mas: 'bank.bank' }),
    ...(options.commands?.[app.name] === undefined ? {} : { command: options.commands[app.name] }),
  }));
  const local = {
    ...file,
    manifests: writeManifests(folder, join(demo, 'manifests'), options),
    project: casaFolder,
    out: join(folder, 'out'),
    apps: [...apps, { name: outsider, external: true, command: idle }],
  };
  const path = join(folder, 'local.yaml');
  // JSON is YAML.
  writeFileSync(path, JSON.stringify(local));
  return path;
}

function writeManifests(folder: string, demo: string, { tokenTtlSeconds }: StackOptions): readonly string[] {
  const own = join(folder, 'manifests');
  mkdirSync(own);
  writeFileSync(join(own, 'other.yaml'), otherSystem);
  const bank = readFileSync(join(demo, 'multi_agent_system.yaml'), 'utf8');
  const life = tokenTtlSeconds === undefined ? '' : `  tokenTtlSeconds: ${tokenTtlSeconds}\n`;
  writeFileSync(
    join(own, 'bank.yaml'),
    bank.replace(/^ {2}name: Bank\n/m, (line) => `${line}${life}`),
  );
  return [own, join(demo, 'policies.yaml'), join(demo, 'workloads.yaml')];
}
