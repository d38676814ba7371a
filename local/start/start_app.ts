import { join, resolve } from 'node:path';
import { CasaError } from '../../policies/errors.ts';
import { isListeningBeside, isListeningHere, until } from '../../sidecar/process/listening.ts';
import { mortal } from '../../sidecar/process/mortal.ts';
import { reachableNode, sandboxed, showFolder } from '../../sidecar/process/sandbox.ts';
import { StartedProcess } from '../../sidecar/process/started_process.ts';
import { type Expanded, expandTemplate } from '../file/expand_template.ts';
import type { LocalFile } from '../file/local_file.ts';
import { cgroupOf } from '../kernel/cgroups.ts';
import { urlBetween } from '../plan/plan_local.ts';
import type { Plan, PlannedApp } from '../plan/planned.ts';
import type { Places } from './places.ts';

/** What an app, a step and the report have in common. */
export interface Command {
  readonly name: string;
  readonly command: readonly string[];
  readonly env: { readonly [name: string]: string };
  readonly cwd: string;
  /** null: it prints where `casa local` prints. */
  readonly log: string | null;
}

/** Starts a command as one app: its user, its network, its files, and no environment but what the file says. */
export function startAsApp(
  plan: Plan,
  places: Places,
  file: LocalFile,
  app: PlannedApp,
  command: Command,
): StartedProcess {
  const isNetns = plan.mode === 'netns';
  const project = isNetns ? join(places.run, 'project') : file.project;
  const out = isNetns ? join(places.run, 'out', app.name) : join(places.out, app.name);
  const node = isNetns ? reachableNode(join(places.run, 'node')) : { path: process.execPath, mounts: [] };
  const url = (name: string) => urlBetween(plan, app, name);
  const fill = (text: string) => filled(command.name, text, { port: app.listenPort, out, project, url });
  const argv = command.command.map((word, index) => (index === 0 && word === 'node' ? node.path : fill(word)));
  const own = Object.fromEntries(Object.entries(command.env).map(([name, text]) => [name, fill(text)]));
  const env = { ...plainEnvironment(out), ...own, CASA_LOCAL_STATE: places.stateFile };
  const cwd = resolve(project, command.cwd);
  const spec = { name: command.name, env, log: command.log };
  if (!isNetns) return new StartedProcess({ ...spec, argv: mortal(argv), cwd });
  const mounts = [
    ...showFolder(file.project, project),
    { from: join(places.out, app.name), to: out, writable: true },
    ...node.mounts,
  ];
  const cgroup = cgroupOf(places.cgroups, app, 'app');
  const sandbox = { namespace: app.namespace, cgroup, uid: app.uid, mounts, cwd };
  return new StartedProcess({ ...spec, argv: sandboxed(sandbox, argv), cwd: '/' });
}

/** Starts the report: with the rights and the environment of whoever called `casa local`. */
export function startReport(places: Places, file: LocalFile, command: Command): StartedProcess {
  const fill = (text: string) =>
    filled(command.name, text, { port: null, out: places.out, project: file.project, url: () => null });
  const argv = command.command.map((word, index) => (index === 0 && word === 'node' ? process.execPath : fill(word)));
  const own = Object.fromEntries(Object.entries(command.env).map(([name, text]) => [name, fill(text)]));
  const inherited = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  const env = { ...Object.fromEntries(inherited), ...own, CASA_LOCAL_STATE: places.stateFile };
  return new StartedProcess({ name: command.name, argv: mortal(argv), env, cwd: file.project, log: command.log });
}

/** Resolves when the app's process listens; at once when it is not meant to. */
export async function untilAppListens(
  plan: Plan,
  app: PlannedApp,
  started: StartedProcess,
  signal: AbortSignal,
): Promise<void> {
  const port = app.listenPort;
  if (port === null) return;
  await until(() => (plan.mode === 'netns' ? isListeningBeside(started.pid, port) : isListeningHere(port)), signal);
}

function plainEnvironment(home: string) {
  return { PATH: process.env.PATH ?? '', HOME: home, LANG: 'C.UTF-8' };
}

function filled(
  name: string,
  text: string,
  values: { port: number | null; out: string; project: string; url: (app: string) => string | null },
): string {
  const environment = (variable: string) => process.env[variable] ?? '';
  const expanded: Expanded = expandTemplate(text, { ...values, environment });
  if ('text' in expanded) return expanded.text;
  throw new CasaError('configuration_invalid', `${name}: \`${expanded.unknown}\` stands for nothing here`);
}
