/** The compiled and the readable form of the rules, as every bundle carries them. */
import { readdirSync, readFileSync } from 'node:fs';

export interface PolicyModules {
  /** Keys are paths such as `rego/decision.rego`, sorted. */
  readonly rego: { readonly [path: string]: string };
  readonly wasm: Uint8Array;
}

/** Reads the Rego (tests aside) and `policy.wasm` that lie beside this file; throws when they are not there. */
export function readPolicyModules(): PolicyModules {
  const folder = new URL('./rego/', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.rego') && !file.endsWith('_test.rego'))
    .sort();
  return {
    rego: Object.fromEntries(files.map((file) => [`rego/${file}`, readFileSync(new URL(file, folder), 'utf8')])),
    wasm: new Uint8Array(readFileSync(new URL('./policy.wasm', import.meta.url))),
  };
}
