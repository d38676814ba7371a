/** Which identity provider the runtime's flags ask for; everything that is wrong with them at once. */
import { readFileSync } from 'node:fs';
import { CasaError } from '../../policies/errors.ts';
import type { AdminCredentials } from './keycloak/admin_api.ts';

/** For `parseArgs`. */
export const identityFlags = {
  idp: { type: 'string', default: 'embedded' },
  'keycloak-url': { type: 'string' },
  'keycloak-admin-client': { type: 'string' },
  'keycloak-admin-secret-file': { type: 'string' },
} as const;

export interface IdentityFlagValues {
  readonly idp: string;
  readonly 'keycloak-url'?: string | undefined;
  readonly 'keycloak-admin-client'?: string | undefined;
  readonly 'keycloak-admin-secret-file'?: string | undefined;
}

export type IdentitySettings =
  | { readonly kind: 'embedded' }
  | { readonly kind: 'keycloak'; readonly url: string; readonly admin: AdminCredentials };

export const adminSecretLengthMin = 16;
const adminClientDefault = 'casa-admin';

/** Throws `configuration_invalid` with every mistake. */
export function readIdentitySettings(flags: IdentityFlagValues): IdentitySettings {
  const { idp, 'keycloak-url': url, 'keycloak-admin-client': client, 'keycloak-admin-secret-file': file } = flags;
  if (idp === 'keycloak') return keycloakSettings(url, client, file);
  const mistakes = idp === 'embedded' ? [] : [`\`--idp\` is \`embedded\` or \`keycloak\`, not \`${idp}\``];
  const given = Object.entries(flags).filter(([name, value]) => name.startsWith('keycloak-') && value !== undefined);
  mistakes.push(...given.map(([name]) => `\`--${name}\` needs \`--idp keycloak\``));
  if (mistakes.length > 0) throw wrong(mistakes);
  return { kind: 'embedded' };
}

function keycloakSettings(
  url: string | undefined,
  client: string | undefined,
  file: string | undefined,
): IdentitySettings {
  const mistakes: string[] = [];
  if (url === undefined) mistakes.push('`--idp keycloak` needs `--keycloak-url`');
  else if (!/^https?:\/\/[^?#@]+$/.test(url) || !URL.canParse(url)) {
    mistakes.push('`--keycloak-url` must be an http or https URL without query or user');
  }
  if (client === '') mistakes.push('`--keycloak-admin-client` is empty');
  let secret = '';
  if (file === undefined) mistakes.push('`--idp keycloak` needs `--keycloak-admin-secret-file`');
  else {
    try {
      secret = readFileSync(file, 'utf8').trim();
      if (secret.length < adminSecretLengthMin) {
        mistakes.push(`the secret in \`${file}\` is shorter than ${adminSecretLengthMin}`);
      }
    } catch {
      mistakes.push(`\`--keycloak-admin-secret-file\` \`${file}\` cannot be read`);
    }
  }
  if (mistakes.length > 0 || url === undefined) throw wrong(mistakes);
  return {
    kind: 'keycloak',
    url: url.replace(/\/+$/, ''),
    admin: { clientId: client ?? adminClientDefault, secret },
  };
}

function wrong(mistakes: readonly string[]): CasaError {
  return new CasaError('configuration_invalid', mistakes.join('; '));
}
