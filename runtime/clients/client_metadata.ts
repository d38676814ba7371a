/** Client ID Metadata Documents (draft-ietf-oauth-client-id-metadata-document): a client named by the URL that describes it. */
import type { JsonObject } from '../../policies/contract.ts';
import { clientId, grantTypes } from '../../policies/wire.ts';
import { signingAlgorithm } from '../keys/signing_keys.ts';
import type { Parts, World } from '../parts.ts';
import { readPepKeys } from './pep_keys.ts';

const [before, after] = ['/apps/', '/client-metadata.json'];

/** The URL by which the enforcement point of an app is known beside its short client id. */
export function metadataUrl(world: World, mas: string, app: string): string {
  return `${world.baseUrl()}${before}${encodeURIComponent(clientId(mas, app))}${after}`;
}

/** The client id that a metadata URL of ours stands for; anything else is given back as it is. */
export function shortClientId(world: World, id: string): string {
  const start = `${world.baseUrl()}${before}`;
  if (!id.startsWith(start) || !id.endsWith(after)) return id;
  const encoded = id.slice(start.length, -after.length);
  const short = decoded(encoded);
  // One spelling each: what another encoding of the same name would say is not asked.
  return short !== null && encodeURIComponent(short) === encoded ? short : id;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** The document of a registered enforcement point, made from what is stored; null when there is none. */
export async function clientMetadata(parts: Parts, mas: string, app: string): Promise<JsonObject | null> {
  if (parts.policies.app(mas, app) === null) return null;
  const keys = await readPepKeys(parts.store, mas, app);
  if (keys === null) return null;
  return {
    client_id: metadataUrl(parts.world, mas, app),
    client_name: `enforcement point of ${app} in ${mas}`,
    grant_types: Object.values(grantTypes),
    response_types: [],
    redirect_uris: [],
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: signingAlgorithm,
    jwks: JSON.parse(JSON.stringify(keys)),
  };
}
