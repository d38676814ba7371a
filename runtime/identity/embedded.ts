/** The runtime is its own identity provider: its base URL is the issuer, and enforcement points sign `private_key_jwt`. */
import { authenticateClient } from '../clients/client_assertion.ts';
import type { Parts } from '../parts.ts';
import { issuerOf } from '../tokens/token_grants.ts';
import type { IdentityProvider } from './identity_provider.ts';

export function embeddedIdentity(parts: Pick<Parts, 'store' | 'policies' | 'cluster' | 'world'>): IdentityProvider {
  const issuer = (mas: string) => issuerOf(parts.world, mas);
  return {
    kind: 'embedded',
    keycloakUrl: null,
    issuer,
    vouch: async ({ mas }) => ({ iss: issuer(mas) }),
    authenticate: (assertion) => authenticateClient(parts, assertion),
    apply: async () => {},
    remove: async () => {},
    keep: () => {},
    status: async () => ({ provider: 'embedded', reachable: true, pending: [] }),
    close: () => {},
  };
}
