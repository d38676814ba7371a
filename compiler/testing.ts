/** For tests: manifests as text, compiled. */
import { readFileSync } from 'node:fs';
import { loadResources } from '../crds/load.ts';
import { type Compilation, compile } from './compile.ts';

/** The published example. */
export const published = readFileSync(new URL('./testdata/published/input.yaml', import.meta.url), 'utf8');

/** Loads and compiles, with the issues of both. */
export function compileText(...texts: readonly string[]): Compilation {
  const loaded = loadResources(texts.map((text, index) => ({ source: `${index}.yaml`, text })));
  const compiled = compile(loaded);
  return { systems: compiled.systems, issues: [...loaded.issues, ...compiled.issues] };
}
