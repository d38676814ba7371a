import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sortIssues } from '../crds/issue.ts';
import { loadResources } from '../crds/load.ts';
import { compile } from './compile.ts';

const folder = new URL('./testdata/', import.meta.url);
const update = process.env.UPDATE_GOLDEN === '1';

/** A golden file says what is expected; `UPDATE_GOLDEN=1` writes it anew. */
function expectGolden(url: URL, actual: string): void {
  if (update) writeFileSync(url, actual);
  expect(existsSync(url) ? readFileSync(url, 'utf8') : '').toBe(actual);
}

describe('golden cases: input.yaml makes the files beside it', () => {
  for (const name of readdirSync(folder).sort()) {
    test(name.replaceAll('_', ' '), () => {
      const at = new URL(`${name}/`, folder);
      const text = readFileSync(new URL('input.yaml', at), 'utf8');
      const loaded = loadResources([{ source: 'input.yaml', text }]);
      const { systems, issues } = compile(loaded);
      const all = sortIssues([...loaded.issues, ...issues.map(loaded.locate)]);
      const lines = all.map(
        ({ line, column, severity, resource, path, code, message }) =>
          `${line}:${column}: ${severity}: ${resource}: ${path}: ${code}: ${message}\n`,
      );
      expectGolden(new URL('issues.txt', at), lines.join(''));
      const documents = Object.fromEntries(systems.map(({ mas, system, pep, maps }) => [mas, { system, pep, maps }]));
      expectGolden(new URL('compiled.json', at), `${JSON.stringify(documents, null, 2)}\n`);
    });
  }
});
