import { stringify } from 'yaml';
import type { IstioObject } from './objects.ts';

/** The objects as one YAML stream, as `kubectl apply -f` takes it. */
export function renderIstio(objects: readonly IstioObject[]): string {
  return objects.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n');
}
