/** For tests: resources that an API server and `casa lint` accept and refuse alike. */
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** What one file of `testdata/` holds: each case a `spec` of the kind, or a whole `resource`. */
interface CaseFile {
  readonly kind: string | null;
  readonly cases: readonly {
    readonly title: string;
    readonly accepted: boolean;
    readonly spec?: unknown;
    readonly resource?: object;
  }[];
}

export interface Case {
  readonly title: string;
  readonly accepted: boolean;
  readonly resource: object;
}

/** The cases of `testdata/`. */
export function readCases(): readonly Case[] {
  const folder = new URL('./testdata/', import.meta.url);
  return readdirSync(folder)
    .sort()
    .flatMap((file) => {
      const { kind, cases } = parse(readFileSync(new URL(file, folder), 'utf8')) as CaseFile; // our own files
      return cases.map(({ title, accepted, spec, resource }) => ({
        title: `${file.replace('.yaml', '').replaceAll('_', ' ')}: ${title}`,
        accepted,
        resource: resource ?? {
          apiVersion: 'casa.io/v1alpha1',
          kind,
          metadata: { name: 'case', namespace: 'bank' },
          spec,
        },
      }));
    });
}

/** Folder of the examples. */
export const examples = new URL('./examples/', import.meta.url);
