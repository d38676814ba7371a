import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import type { Issue } from '../../crds/issue.ts';
import type { LocalApp, LocalFile, LocalReport, LocalStep } from './local_file.ts';
import { nearest, readFields } from './read_fields.ts';

const kind = 'casa.io/local/v1';
const appName = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** The file's meaning with paths made absolute from the file's own folder, or every mistake in it; never both. */
export function parseLocalFile(text: string, path: string): { file: LocalFile | null; issues: readonly Issue[] } {
  const issues: Issue[] = [];
  const document = parseDocument(text, { uniqueKeys: true });
  for (const error of document.errors) {
    const [start] = error.linePos ?? [];
    const place = start === undefined ? {} : { line: start.line, column: start.col };
    const message = error.message.split('\n')[0] ?? error.message;
    issues.push({ code: 'yaml', severity: 'error', resource: 'local', path: '', message, source: path, ...place });
  }
  const file = issues.length > 0 ? null : parseDocumentValue(document.toJS(), dirname(resolve(path)), issues);
  const sourced = issues.map((issue) => ({ ...issue, source: path }));
  return issues.length > 0 ? { file: null, issues: sourced } : { file, issues: [] };
}

function parseDocumentValue(value: unknown, folder: string, issues: Issue[]): LocalFile | null {
  const fields = readFields(value, '', ['kind', 'manifests', 'project', 'out', 'apps', 'run', 'report'], issues);
  if (fields === null) return null;
  if (fields.string('kind') !== kind) fields.issue('kind', `must be \`${kind}\``);
  const manifests = fields.strings('manifests');
  if (manifests === null) fields.issue('manifests', 'must name at least one file or folder');
  const out = fields.string('out');
  const apps = fields.items('apps').flatMap((item, index) => parseApp(item, `apps[${index}]`, issues) ?? []);
  if (apps.length === 0) fields.issue('apps', 'must have at least one app');
  const names = apps.map((app) => app.name);
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) !== index) fields.issue(`apps[${index}].name`, `there are two apps named \`${name}\``);
  }
  return {
    manifests: (manifests ?? []).map((manifest) => resolve(folder, manifest)),
    project: resolve(folder, fields.text('project', '.')),
    out: out === null ? null : resolve(folder, out),
    apps,
    run: fields.items('run').flatMap((item, index) => parseStep(item, `run[${index}]`, names, issues) ?? []),
    report: parseReport(fields.child('report'), issues),
  };
}

const appFields = ['name', 'mas', 'external', 'command', 'env', 'cwd', 'port', 'host', 'network'];

function parseApp(value: unknown, path: string, issues: Issue[]): LocalApp | null {
  const fields = readFields(value, path, appFields, issues);
  if (fields === null) return null;
  const name = fields.text('name', '');
  if (!appName.test(name)) fields.issue('name', 'must be a name of small letters, digits and `-`');
  const app: LocalApp = {
    name,
    mas: fields.string('mas'),
    external: fields.flag('external'),
    command: fields.strings('command'),
    env: fields.texts('env'),
    cwd: fields.text('cwd', '.'),
    port: fields.port('port'),
    host: (fields.strings('host') ?? []).map((host) => host.toLowerCase()),
    network: fields.oneOf('network', ['own', 'host'], 'own'),
  };
  if (app.external && app.mas !== null) fields.issue('mas', 'an external app belongs to no MAS');
  if (app.external && app.command === null) fields.issue('command', 'an external app needs a command');
  if (!app.external && app.network === 'host')
    fields.issue('network', 'only an external app may run in the network of this machine');
  return app;
}

function parseStep(value: unknown, path: string, apps: readonly string[], issues: Issue[]): LocalStep | null {
  const fields = readFields(value, path, ['name', 'app', 'command', 'env'], issues);
  if (fields === null) return null;
  const app = fields.text('app', '');
  if (!apps.includes(app)) fields.issue('app', `no app named \`${app}\` in this file${nearest(app, apps)}`);
  const command = fields.strings('command');
  if (command === null) fields.issue('command', 'a step needs a command');
  return { name: fields.text('name', app), app, command: command ?? [], env: fields.texts('env') };
}

function parseReport(value: unknown, issues: Issue[]): LocalReport | null {
  if (value === null) return null;
  const fields = readFields(value, 'report', ['command', 'env'], issues);
  const command = fields?.strings('command') ?? null;
  if (fields === null) return null;
  if (command === null) fields.issue('command', 'a report needs a command');
  return { command: command ?? [], env: fields.texts('env') };
}
