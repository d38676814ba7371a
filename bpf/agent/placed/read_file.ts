import { readFileSync } from 'node:fs';
import type { MapsDocument } from '../../../policies/maps.ts';
import { parseMaps } from '../rows/parse_maps.ts';
import type { PlacedCgroup, ReadPlaced } from './placed.ts';

/** Cgroups that are said once, and the rows of one `maps.json`; a file that is broken changes nothing. */
export function placedByFile(mapsFile: string, cgroups: readonly PlacedCgroup[]): ReadPlaced {
  let good: MapsDocument | null = null;
  return () => {
    const { maps, issues } = readMaps(mapsFile);
    good = maps ?? good;
    return { systems: good === null ? [] : [good], cgroups, issues };
  };
}

function readMaps(path: string): ReturnType<typeof parseMaps> {
  try {
    return parseMaps(readFileSync(path, 'utf8'));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const issue = { code: 'maps_unreadable', severity: 'error', resource: 'maps.json', path: '', message } as const;
    return { maps: null, issues: [issue] };
  }
}
