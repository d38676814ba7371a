// Writes crds/types.ts from the CRD YAML; `npm run types`. Plain JavaScript because it runs before anything is built.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from 'json-schema-to-typescript';
import { parse } from 'yaml';

const folder = join(import.meta.dirname, '../crds');
const files = ['multiagentsystems.casa.io.yaml', 'casapolicies.casa.io.yaml'];
const banner = `/**
 * The custom resources as types. Made from the CRD YAML by \`npm run types\`: change the YAML, never this file.
 * What has a default in the YAML is always there: loading puts it in.
 */
import type { JsonObject } from '../policies/contract.ts';
`;

/** Parts that get a name of their own. */
const titles = {
  'MultiAgentSystem.spec': 'MultiAgentSystemSpec',
  'MultiAgentSystem.spec.ingress[]': 'IngressPeer',
  'MultiAgentSystem.spec.apps[]': 'App',
  'MultiAgentSystem.spec.apps[].tools[]': 'AppTool',
  'MultiAgentSystem.status': 'MultiAgentSystemStatus',
  'MultiAgentSystem.status.apps[]': 'AppStatus',
  'MultiAgentSystem.status.conditions[]': 'MultiAgentSystemCondition',
  'CASAPolicy.spec': 'CASAPolicySpec',
  'CASAPolicy.spec.allowedEndpoints[]': 'AllowedEndpoint',
  'CASAPolicy.spec.tools[]': 'ToolRule',
  'CASAPolicy.status': 'CASAPolicyStatus',
  'CASAPolicy.status.conditions[]': 'CASAPolicyCondition',
};

/** The text of crds/types.ts. */
export async function generateTypes() {
  const metadata = named(
    prepare(parse(readFileSync(join(folder, 'object_meta.yaml'), 'utf8')), 'metadata'),
    'Metadata',
  );
  const metadataType = await compile(metadata, 'Metadata', options);
  const resources = await Promise.all(files.map((file) => resourceType(file)));
  return [banner, ...[metadataType, ...resources].map(makeReadonly)].join('\n');
}

const options = {
  bannerComment: '',
  additionalProperties: false,
  ignoreMinAndMaxItems: true,
  style: { singleQuote: true, printWidth: 120 },
};

async function resourceType(file) {
  const crd = parse(readFileSync(join(folder, file), 'utf8'));
  const [version] = crd.spec.versions;
  const kind = crd.spec.names.kind;
  const schema = prepare(version.schema.openAPIV3Schema, kind);
  schema.properties.apiVersion = { const: `${crd.spec.group}/${version.name}` };
  schema.properties.kind = { const: kind };
  schema.properties.metadata = { tsType: 'Metadata' };
  schema.required = ['apiVersion', 'kind', 'metadata', 'spec'];
  return compile(schema, kind, options);
}

/** Names parts, and makes required what has a default. */
function prepare(schema, path) {
  if (schema['x-kubernetes-preserve-unknown-fields'] === true) {
    return { description: schema.description, tsType: 'JsonObject' };
  }
  if (schema.type === undefined) return { description: schema.description, tsType: 'unknown' };
  const prepared = { ...schema };
  delete prepared.default;
  if (schema.items !== undefined) prepared.items = prepare(schema.items, `${path}[]`);
  if (schema.properties !== undefined) {
    const members = Object.entries(schema.properties);
    prepared.properties = Object.fromEntries(
      members.map(([name, member]) => [name, prepare(member, `${path}.${name}`)]),
    );
    prepared.required = [
      ...new Set([
        ...(schema.required ?? []),
        ...members.flatMap(([name, member]) => ('default' in member ? [name] : [])),
      ]),
    ];
  }
  return titles[path] === undefined ? prepared : named(prepared, titles[path]);
}

function named(schema, title) {
  return { ...schema, title };
}

/** Every member and every list is readonly. */
function makeReadonly(text) {
  return text
    .replaceAll(/^( +)(['\w-]+\??|\[k: string\]): /gm, '$1readonly $2: ')
    .replaceAll(/: (\([^()]+\)|\w+)\[\];/g, ': readonly $1[];');
}

if (process.argv[1] === import.meta.filename) writeFileSync(join(folder, 'types.ts'), await generateTypes());
