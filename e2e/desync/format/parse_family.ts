import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { type DesyncCase, type Expected, encodings, type Shape } from './desync_case.ts';

/** The families that come with CASA. */
export const corpusFolder = fileURLToPath(new URL('../corpus', import.meta.url));

const text = { type: 'string' };
const texts = { type: 'array', items: text };
const shape = {
  type: 'object',
  additionalProperties: false,
  properties: {
    method: text,
    target: text,
    version: text,
    host: { type: ['string', 'null'] },
    headers: texts,
    without: texts,
    body: text,
    encoding: { enum: encodings },
    payload: text,
    wire: text,
    ends: { type: 'boolean' },
  },
};
const answer = { type: 'string', pattern: '^(closed|allowed|\\d{3} [a-z_]+|\\d{3} -)$' };
const expected = {
  anyOf: [
    answer,
    {
      type: 'object',
      additionalProperties: false,
      minProperties: 1,
      properties: { agent: answer, server: answer },
    },
  ],
};
const file = {
  type: 'object',
  additionalProperties: false,
  required: ['about', 'cases'],
  properties: {
    about: text,
    twin: shape,
    expect: expected,
    cases: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['id', 'trait', 'request'],
        properties: {
          id: { type: 'string', pattern: '^[a-z0-9_]+$' },
          trait: text,
          request: shape,
          twin: shape,
          expect: expected,
        },
      },
    },
  },
};
const isFile = new Ajv({ allowUnionTypes: true }).compile(file);

interface FamilyFile {
  readonly twin?: Shape;
  readonly expect?: Expected | DesyncCase['expect'];
  readonly cases: readonly {
    readonly id: string;
    readonly trait: string;
    readonly request: Shape;
    readonly twin?: Shape;
    readonly expect?: Expected | DesyncCase['expect'];
  }[];
}

/** The cases of a family's file; throws when it is none. */
export function parseFamily(family: string, yaml: string): readonly DesyncCase[] {
  const parsed: unknown = parse(yaml);
  if (!isFile(parsed)) throw new Error(`${family}: ${JSON.stringify(isFile.errors)}`);
  const { twin: usual = {}, expect: usually, cases } = parsed as unknown as FamilyFile; // what the schema says
  return cases.map(({ id, trait, request, twin = usual, expect = usually }) => {
    if (expect === undefined) throw new Error(`${family}/${id}: no answer is expected`);
    return { id: `${family}/${id}`, family, trait, hostile: request, twin, expect: byPlace(expect) };
  });
}

/** Every family of a folder, by the files' names. */
export function readCorpus(folder: string): readonly DesyncCase[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  return files
    .toSorted()
    .flatMap((name) => parseFamily(basename(name, '.yaml'), readFileSync(join(folder, name), 'utf8')));
}

function byPlace(expect: Expected | DesyncCase['expect']): DesyncCase['expect'] {
  return typeof expect === 'string' ? { agent: expect, server: expect } : expect;
}
