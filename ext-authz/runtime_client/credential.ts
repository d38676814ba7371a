import { readFileSync } from 'node:fs';
import { CasaError } from '../../policies/errors.ts';
import { openRealmToken, realmUrl } from '../../policies/realm_token.ts';
import { clientId } from '../../policies/wire.ts';
import type { PepConfig } from '../config.ts';
import type { PepWorld } from '../pep_world.ts';
import { readClientKey, signAssertion } from './assertion.ts';

/** Gives the client assertion for one request; throws CasaError('runtime_unavailable') when there is none at the moment. */
export type Assert = () => Promise<string>;

/** Throws CasaError('configuration_invalid') for a key that is none. */
export async function openCredential(
  config: Pick<PepConfig, 'credential' | 'mas' | 'app' | 'runtimeUrl' | 'keycloakUrl'>,
  world: PepWorld,
): Promise<Assert> {
  const { credential, mas, app, runtimeUrl, keycloakUrl } = config;
  if (credential.kind === 'token') return async () => readToken(credential.file);
  const key = await readClientKey(credential.file);
  const sign = (client: string, audience: string) =>
    signAssertion(
      key,
      { clientId: client, audience, jti: world.random.uuid() },
      Math.floor(world.clock.nowMs() / 1000),
    );
  if (keycloakUrl === null) return () => sign(clientId(mas, app), runtimeUrl);
  const realm = realmUrl(keycloakUrl, mas);
  const monotonicMs = () => world.clock.monotonicMs();
  return openRealmToken({ realmUrl: realm, assertion: () => sign(app, realm), fetch, monotonicMs });
}

function readToken(file: string): string {
  let token = '';
  try {
    token = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new CasaError('runtime_unavailable', `cannot read the token \`${file}\``, { cause });
  }
  if (token === '') throw new CasaError('runtime_unavailable', `the token \`${file}\` is empty`);
  return token;
}
