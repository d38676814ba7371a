#!/usr/bin/env node
/** `casa-sidecar`: Envoy and ext-authz beside one app, until it is asked to end. `casa-sidecar --ready`: whether they are. */
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { ready: { type: 'boolean' } } });
// The probe asks every few seconds on every pod: it loads nothing else.
if (values.ready === true) {
  const [{ isReady }, places] = await Promise.all([import('./ready.ts'), import('./places.ts')]);
  const own = places.sidecarPlaces(places.runDirOf(process.env));
  process.exitCode = (await isReady(own, places.hasOwnEnvoy(process.env))) ? 0 : 1;
} else {
  const { runSidecar } = await import('./run_sidecar.ts');
  await runSidecar();
}
