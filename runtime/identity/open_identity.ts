/** Opens the identity provider that the settings name. */
import type { Logger } from 'pino';
import type { Parts } from '../parts.ts';
import { embeddedIdentity } from './embedded.ts';
import type { IdentityProvider } from './identity_provider.ts';
import { KeycloakIdentity } from './keycloak/keycloak_identity.ts';
import type { IdentitySettings } from './read_settings.ts';

/** A Keycloak need not be there yet: until it is, nothing is issued. */
export function openIdentity(
  settings: IdentitySettings,
  parts: Pick<Parts, 'store' | 'policies' | 'keys' | 'cluster' | 'world'>,
  logger: Logger,
): IdentityProvider {
  if (settings.kind === 'embedded') return embeddedIdentity(parts);
  const identity = new KeycloakIdentity({
    url: settings.url,
    admin: settings.admin,
    parts,
    monotonicMs: () => performance.now(),
    onProblem(mas, error) {
      if (error === null) logger.info({ mas, idp: 'keycloak' }, 'the realm vouches for tokens');
      else logger.error({ mas, idp: 'keycloak', err: error }, 'nothing is issued: the realm does not vouch for tokens');
    },
  });
  return identity;
}
