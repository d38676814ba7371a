import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { toolPath } from '../../../sidecar/process/tool.ts';

/** Where `scripts/install_envoy.mjs` puts it, seen from the source and from `dist`. */
const installed = ['../../../', '../../../../'].map((root) =>
  fileURLToPath(new URL(`${root}.tools/envoy-1.40.0/envoy`, import.meta.url)),
);

/** The Envoy of this checkout, else the one on PATH; null: there is none. */
export function findEnvoy(): string | null {
  return installed.find((candidate) => existsSync(candidate)) ?? toolPath('envoy');
}
