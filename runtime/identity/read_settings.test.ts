import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readIdentitySettings } from './read_settings.ts';

describe('identity settings', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'casa-idp-'));
    writeFileSync(join(folder, 'secret'), 'a-secret-that-is-long\n');
    writeFileSync(join(folder, 'short'), 'short');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are of the runtime itself unless a Keycloak is asked for', () => {
    expect(readIdentitySettings({ idp: 'embedded' })).toEqual({ kind: 'embedded' });
  });

  it('of a Keycloak are its URL and a secret in a file', () => {
    const flags = { idp: 'keycloak', 'keycloak-url': 'https://id.example.com/auth/' };
    expect(readIdentitySettings({ ...flags, 'keycloak-admin-secret-file': join(folder, 'secret') })).toEqual({
      kind: 'keycloak',
      url: 'https://id.example.com/auth',
      admin: { clientId: 'casa-admin', secret: 'a-secret-that-is-long' },
    });
  });

  it('name every mistake at once', () => {
    const both = { idp: 'keycloak', 'keycloak-url': 'ftp://x', 'keycloak-admin-secret-file': join(folder, 'short') };
    expect(() => readIdentitySettings(both)).toThrow(/`--keycloak-url` must be.*; the secret in .* is shorter than 16/);
    expect(() => readIdentitySettings({ idp: 'keycloak' })).toThrow(
      /needs `--keycloak-url`; .*needs `--keycloak-admin-secret-file`/,
    );
    const unknown = { idp: 'okta', 'keycloak-url': 'https://x' };
    expect(() => readIdentitySettings(unknown)).toThrow(/not `okta`; `--keycloak-url` needs `--idp keycloak`/);
  });

  it('never ask for a Keycloak without saying so: a URL alone is a mistake', () => {
    expect(() => readIdentitySettings({ idp: 'embedded', 'keycloak-url': 'https://x' })).toThrow(
      /needs `--idp keycloak`/,
    );
  });
});
