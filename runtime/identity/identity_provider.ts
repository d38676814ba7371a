/** The port to whoever vouches for tokens and says which enforcement point is asking: the runtime itself, or a Keycloak. */
import type { Client } from '../clients/client.ts';

/** What a token says because of its provider, beside what it grants. */
export interface VouchedNames {
  readonly iss: string;
  /** With a Keycloak: what its introspection needs to know the token by. */
  readonly typ?: 'Bearer';
  readonly azp?: string;
  readonly preferred_username?: string;
}

export interface IdentityStatus {
  readonly provider: IdentityProvider['kind'];
  /** Whether new tokens can be vouched for. */
  readonly reachable: boolean;
  /** Systems that it does not vouch for yet, or no more. */
  readonly pending: readonly string[];
}

export interface IdentityProvider {
  readonly kind: 'embedded' | 'keycloak';
  /** Where enforcement points find the realms; null: there are none. */
  readonly keycloakUrl: string | null;
  /** `iss` of a MAS's tokens. */
  issuer(mas: string): string;
  /** What a new token that this client asked for is to say. INVARIANT: throws `identity_unavailable` when nobody vouches for it. */
  vouch(client: Client): Promise<VouchedNames>;
  /** The enforcement point that this client assertion proves (RFC 7523: its own, or one of a third party); null for anything else. */
  authenticate(assertion: string): Promise<Client | null>;
  /** Makes what the provider keeps of a stored MAS what it should be; throws `identity_unavailable` or `identity_conflict`. */
  apply(mas: string): Promise<void>;
  /** Ends what the provider keeps of a MAS; throws `identity_unavailable`. */
  remove(mas: string): Promise<void>;
  /** Begins to see to it that what the provider keeps stays what it should be. */
  keep(): void;
  status(): Promise<IdentityStatus>;
  close(): void;
}
