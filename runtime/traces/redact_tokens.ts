/** The last guard of "never a raw token": what looks like a JWT becomes its hash. */
import { sha256Hex } from '../../policies/canonical.ts';

// A JWT's header and payload are JSON objects, whose base64url begins with `eyJ` (`{"`) or, spaced, with `eyA`.
const jwtShaped = /ey[JA][A-Za-z0-9_-]{8,}\.ey[JA][A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,}/g;

/** `text` with every JWT in it replaced by `[token SHA256]`. */
export function redactTokens(text: string): string {
  return text.replaceAll(jwtShaped, (token) => `[token ${sha256Hex(token)}]`);
}
