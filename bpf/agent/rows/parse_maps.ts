import type { Issue } from '../../../crds/issue.ts';
import type { AppRows, MapRow, MapsDocument } from '../../../policies/maps.ts';
import { parsePrefix } from './address.ts';

export type ParsedMaps =
  | { readonly maps: MapsDocument; readonly issues: readonly [] }
  | { readonly maps: null; readonly issues: readonly Issue[] };

const rowsPerAppMax = 10_000;
const dnsName = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** Reads `maps.json`: the whole document, or every mistake in it. */
export function parseMaps(text: string): ParsedMaps {
  const issues: Issue[] = [];
  const report = (path: string, message: string) => {
    issues.push({ code: 'maps_malformed', severity: 'error', resource: 'maps.json', path, message });
  };
  const maps = readMaps(parseJson(text, report), report);
  return issues.length > 0 || maps === null ? { maps: null, issues } : { maps, issues: [] };
}

type Report = (path: string, message: string) => void;

function parseJson(text: string, report: Report): unknown {
  try {
    return JSON.parse(text);
  } catch {
    report('', 'is no JSON');
    return undefined;
  }
}

function readMaps(value: unknown, report: Report): MapsDocument | null {
  if (value === undefined) return null;
  const { mas, apps } = fieldsOf(value);
  if (typeof mas !== 'string' || mas === '') report('mas', 'must be a non-empty string');
  if (!Array.isArray(apps)) report('apps', 'must be a list');
  if (typeof mas !== 'string' || !Array.isArray(apps)) return null;
  return { mas, apps: apps.map((app, index) => readApp(app, `apps[${index}]`, report)) };
}

function readApp(value: unknown, path: string, report: Report): AppRows {
  const { app, policy, rows } = fieldsOf(value);
  if (typeof app !== 'string' || app === '') report(`${path}.app`, 'must be a non-empty string');
  if (typeof policy !== 'string') report(`${path}.policy`, 'must be a string');
  if (!Array.isArray(rows)) report(`${path}.rows`, 'must be a list');
  else if (rows.length > rowsPerAppMax) report(`${path}.rows`, `has more than ${rowsPerAppMax} rows`);
  const list: readonly unknown[] = Array.isArray(rows) ? rows.slice(0, rowsPerAppMax) : [];
  return {
    app: String(app),
    policy: String(policy),
    rows: list.flatMap((row, index) => readRow(row, `${path}.rows[${index}]`, report)),
  };
}

function readRow(value: unknown, path: string, report: Report): readonly MapRow[] {
  const { proto, port, cidr, fqdn, name, namespace } = fieldsOf(value);
  if (proto !== 'tcp') report(`${path}.proto`, 'must be `tcp`');
  if (!isPort(port)) report(`${path}.port`, 'must be a port number');
  if (proto !== 'tcp' || !isPort(port)) return [];
  if (typeof cidr === 'string') {
    if (parsePrefix(cidr) === null) report(`${path}.cidr`, `\`${cidr}\` is no prefix`);
    return [{ proto, port, cidr }];
  }
  if (typeof fqdn === 'string') {
    if (!dnsName.test(fqdn)) report(`${path}.fqdn`, `\`${fqdn}\` is no DNS name`);
    return [{ proto, port, fqdn }];
  }
  if (typeof name === 'string' && typeof namespace === 'string') {
    if (!dnsName.test(name) || !dnsName.test(namespace)) report(path, `\`${name}.${namespace}\` is no DNS name`);
    return [{ proto, port, name, namespace }];
  }
  report(path, 'must have `cidr`, `fqdn`, or `name` and `namespace`');
  return [];
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535;
}

/** The fields of an object; none of anything else. */
function fieldsOf(value: unknown): { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
