/** The CRDs' own schemas as validators, so that a manifest gets the same verdict offline as from an API server. */
import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject } from 'ajv';
import { parse } from 'yaml';
import { type CheckRules, compileRules } from './rules.ts';
import type { StructuralSchema } from './structural_schema.ts';

export const group = 'casa.io';
export const apiVersion = `${group}/v1alpha1`;

export interface ResourceSchema {
  readonly kind: string;
  readonly schema: StructuralSchema;
  /** Puts the defaults into the value, and says everything that is wrong with it. */
  readonly validate: (value: object) => readonly ErrorObject[];
  /** The rules of CEL that span fields. */
  readonly checkRules: CheckRules;
}

/** The declared kinds. */
export const resourceSchemas: ReadonlyMap<string, ResourceSchema> = new Map(
  ['multiagentsystems.casa.io.yaml', 'casapolicies.casa.io.yaml'].map((file) => {
    const schema = readSchema(file);
    return [schema.kind, schema];
  }),
);

function readSchema(file: string): ResourceSchema {
  // `as`: these files are part of the program, and an API server judges their form.
  const crd = readYaml(file) as {
    spec: { names: { kind: string }; versions: [{ schema: { openAPIV3Schema: StructuralSchema } }] };
  };
  const declared = crd.spec.versions[0].schema.openAPIV3Schema;
  const metadata = readYaml('object_meta.yaml') as StructuralSchema;
  const schema = closed({
    ...declared,
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
    properties: { ...declared.properties, metadata: { ...metadata, default: {} } },
  });
  const ajv = new Ajv({ allErrors: true, useDefaults: true, verbose: true, strict: true, allowUnionTypes: true });
  for (const keyword of ['list-type', 'list-map-keys', 'preserve-unknown-fields', 'validations']) {
    ajv.addKeyword(`x-kubernetes-${keyword}`);
  }
  for (const format of ['int32', 'int64', 'date-time']) ajv.addFormat(format, true);
  const compiled = ajv.compile(schema);
  return {
    kind: crd.spec.names.kind,
    schema,
    validate: (value) => (compiled(value) ? [] : (compiled.errors ?? [])),
    checkRules: compileRules(schema),
  };
}

function readYaml(file: string): unknown {
  return parse(readFileSync(new URL(`./${file}`, import.meta.url), 'utf8'));
}

/** An API server drops unknown fields or refuses them; here they are always refused. */
function closed(schema: StructuralSchema): StructuralSchema {
  const copy: { -readonly [keyword in keyof StructuralSchema]: StructuralSchema[keyword] } = { ...schema };
  if (schema.items !== undefined) copy.items = closed(schema.items);
  if (schema.properties !== undefined) {
    copy.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, member]) => [name, closed(member)]),
    );
    copy.additionalProperties = false;
  }
  return copy;
}
