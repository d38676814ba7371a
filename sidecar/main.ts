#!/usr/bin/env node
/** `casa-sidecar`: Envoy and ext-authz beside one app, until it is asked to end. `casa-sidecar --ready`: whether they are. */
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { ready: { type: 'boolean' } } });
// The probe asks every few seconds on every pod: it loads nothing else.
if (values.ready === true) {
  const [{ isReady }, { sidecarPlaces, runDirOf }] = await Promise.all([import('./ready.ts'), import('./places.ts')]);
  process.exitCode = (await isReady(sidecarPlaces(runDirOf(process.env)))) ? 0 : 1;
} else {
  const { runSidecar } = await import('./run_sidecar.ts');
  await runSidecar();
}
