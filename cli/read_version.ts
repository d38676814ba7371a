import { existsSync, readFileSync } from 'node:fs';
import { CasaError } from '../policies/errors.ts';

/** The version in `package.json`, which lies one folder up from the source and two from `dist/cli`. */
export function readVersion(): string {
  const file = ['../package.json', '../../package.json']
    .map((path) => new URL(path, import.meta.url))
    .find((url) => existsSync(url));
  if (file === undefined) throw new CasaError('bug', 'there is no package.json beside the program');
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const version: unknown = typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, 'version') : null;
  if (typeof version !== 'string') throw new CasaError('bug', '`package.json` names no version');
  return version;
}
