import { describe, expect, it } from 'vitest';
import { issuersOf } from '../config.ts';
import { claimsOurIssuer } from './authorization.ts';

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const bearer = (claims: object) => `Bearer ${part({ alg: 'ES256' })}.${part(claims)}.c2ln`;

describe("a token in an app's own `authorization`", () => {
  const runtimeUrl = 'http://runtime:8000';

  it('is ours when the runtime is its issuer, whatever else it says', () => {
    const issuers = issuersOf({ runtimeUrl, keycloakUrl: null });
    expect(claimsOurIssuer(bearer({ iss: `${runtimeUrl}/bank.demo` }), issuers)).toBe(true);
    expect(claimsOurIssuer(bearer({ iss: 'http://runtime:8000.evil/bank.demo' }), issuers)).toBe(false);
    expect(claimsOurIssuer('Basic YTpi', issuers)).toBe(false);
  });

  it('of a Keycloak is ours when it is of a session: users sign in at other realms of the same Keycloak', () => {
    const issuers = issuersOf({ runtimeUrl, keycloakUrl: 'https://id.example.com' });
    const iss = 'https://id.example.com/realms/bank.demo';
    expect(claimsOurIssuer(bearer({ iss, session_id: 's' }), issuers)).toBe(true);
    expect(claimsOurIssuer(bearer({ iss: 'https://id.example.com/realms/staff', sid: 's' }), issuers)).toBe(false);
    expect(claimsOurIssuer(bearer({ iss: `${runtimeUrl}/bank.demo`, session_id: 's' }), issuers)).toBe(false);
  });
});
