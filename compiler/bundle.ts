/** A compiled MAS as a real OPA bundle, and the documents beside it that OPA does not read. */
import { canonicalJson, sha256Hex } from '../policies/canonical.ts';
import type { JsonObject } from '../policies/contract.ts';
import { CasaError } from '../policies/errors.ts';
import type { PolicyModules } from '../policies/read_modules.ts';
import type { CompiledMas } from './compiled_mas.ts';
import { record } from './record.ts';

export interface Bundle {
  /** `namespace.name` */
  readonly mas: string;
  /** SHA-256 over the names and contents of all files but `.manifest`, lower-case hex. */
  readonly revision: string;
  /** Sorted by path. */
  readonly files: { readonly [path: string]: Uint8Array };
}

/** What a bundle defines for OPA: the rules' packages and the MAS. */
const roots = ['casa', 'mas'];

/** Makes the bundle: the same resources and modules give the same bytes. */
export function emitBundle(compiled: CompiledMas, modules: PolicyModules): Bundle {
  const { mas } = compiled;
  const content = record<Uint8Array>([
    ['data.json', encodeJson({ mas: compiled.system })],
    ['pep.json', encodeJson(compiled.pep)],
    ['maps.json', encodeJson(compiled.maps)],
    // A plain file: with a `wasm` key in the manifest a stock `opa run` refuses the bundle.
    ['policy.wasm', modules.wasm],
    ...Object.entries(modules.rego).map(([path, text]) => [path, Buffer.from(text)] as const),
  ]);
  const revision = revisionOf(content);
  const manifest = { revision, roots, rego_version: 1, metadata: { mas } };
  return { mas, revision, files: record([['.manifest', encodeJson(manifest)], ...Object.entries(content)]) };
}

/** The bundle of these files; throws `bundle_corrupt` when the manifest does not tell their revision. */
export function parseBundle(files: { readonly [path: string]: Uint8Array }): Bundle {
  const { '.manifest': manifest, ...content } = files;
  const { revision, mas } = parseManifest(manifest);
  if (revision !== revisionOf(content)) {
    throw new CasaError('bundle_corrupt', 'the revision in `.manifest` is not that of the files');
  }
  return { mas, revision, files: record(Object.entries(files)) };
}

function parseManifest(bytes: Uint8Array | undefined): { readonly revision: string; readonly mas: string } {
  if (bytes === undefined) throw new CasaError('bundle_corrupt', 'there is no `.manifest`');
  const manifest = parseJson(bytes);
  const revision = memberText(manifest, 'revision');
  const mas = memberText(typeof manifest === 'object' ? Reflect.get(manifest ?? {}, 'metadata') : null, 'mas');
  if (revision === null || mas === null) {
    throw new CasaError('bundle_corrupt', '`.manifest` lacks `revision` or `metadata.mas`');
  }
  return { revision, mas };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new CasaError('bundle_corrupt', '`.manifest` is no JSON', { cause });
  }
}

function memberText(value: unknown, name: string): string | null {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : null;
  return typeof found === 'string' ? found : null;
}

function revisionOf(content: { readonly [path: string]: Uint8Array }): string {
  return sha256Hex(canonicalJson(record(Object.entries(content).map(([path, bytes]) => [path, sha256Hex(bytes)]))));
}

function encodeJson(document: object): Uint8Array {
  // `as`: the documents are plain JSON; their interfaces only lack the index signature.
  return Buffer.from(`${canonicalJson(document as JsonObject)}\n`);
}
